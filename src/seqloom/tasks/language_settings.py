"""The arguments of a language model, checked as a whole, and what they build."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

import torch

from seqloom.data import Document, Start, Tokens, Vocabulary
from seqloom.errors import UsageError, did_you_mean, raise_together
from seqloom.layers import CausalLayer, LearnedEmbedding, OneHot, StepHead, parse_spec, tied_head
from seqloom.models.token_model import TokenModel
from seqloom.tasks.model_files import WIDEST_ONE_HOT
from seqloom.training.settings import TrainingSettings

__all__ = ["Body", "LanguageSettings"]

Body = str | Callable[[int], CausalLayer]
"""The words of a specification, or a function from the width of the input to a layer."""

ONE_HOT = "one-hot"
_EMBEDDING = (16, 256)
_E = TypeVar("_E", bound=Enum)


@dataclass(frozen=True)
class LanguageSettings:
    """Arguments in their final types."""

    spec: Body | None
    tokens: Tokens | Vocabulary
    document: Document
    reset: bool | None
    start: Start
    minimum_count: int
    vocabulary_size: int | None
    embedding: int | str | None
    tied: bool
    dropout: float
    batch_size: int
    window: int
    training: TrainingSettings

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> LanguageSettings:
        """Check the constructor's arguments; one UsageError names everything that is wrong.

        >>> from seqloom.tasks import LanguageModel
        >>> LanguageSettings.read(LanguageModel(tokens="word", dropout=2.0).get_params(deep=False))
        Traceback (most recent call last):
        ...
        seqloom.errors.UsageError: 2 problems in the language model:
          tokens: expected one of characters, bytes, words, bpe, symbols, got 'word'. Did you mean 'words'?
          dropout: expected a share from 0 to below 1, got 2.0.
        """
        values = dict(given)
        problems: list[str] = []
        if not isinstance(values["tokens"], Vocabulary):
            values["tokens"] = _word(Tokens, "tokens", values, problems)
        values["document"] = _word(Document, "document", values, problems)
        values["start"] = _word(Start, "start", values, problems)
        for name, least, optional in (
            ("minimum_count", 1, False),
            ("vocabulary_size", 3, True),
            ("batch_size", 1, False),
            ("window", 1, False),
        ):
            value = values[name]
            if not (optional and value is None) and (type(value) is not int or value < least):
                problems.append(f"{name}: expected a whole number of at least {least}, got {value!r}.")
        problems += _check_spec(values["spec"]) + _check_embedding(values["embedding"])
        dropout = values["dropout"]
        if isinstance(dropout, bool) or not isinstance(dropout, int | float) or not 0 <= dropout < 1:
            problems.append(f"dropout: expected a share from 0 to below 1, got {dropout!r}.")
        if type(values["tied"]) is not bool:
            problems.append(f"tied: expected true or false, got {values['tied']!r}.")
        elif values["tied"] and values["embedding"] == ONE_HOT:
            problems.append("tied: one-hot inputs have no table that the head could share. Give embedding a width.")
        if values["reset"] not in (None, True, False):
            problems.append(f"reset: expected true, false or None, got {values['reset']!r}.")
        values["training"] = TrainingSettings() if values["training"] is None else values["training"]
        if not isinstance(values["training"], TrainingSettings):
            problems.append(f"training: expected TrainingSettings or None, got {values['training']!r}.")
        raise_together(problems, "the language model")
        return cls(**values)

    def build(self, vocabulary: Vocabulary) -> TokenModel:
        """The network for a vocabulary, its weights drawn from the seed of the training settings."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.training.seed)
            embedding = self._embedding(vocabulary.size)
            body = self._body(embedding.out_features)
            return TokenModel(embedding, body, self._head(embedding, body), self.dropout)

    def _embedding(self, size: int) -> OneHot | LearnedEmbedding:
        if self.embedding == ONE_HOT:
            if size > WIDEST_ONE_HOT:
                raise UsageError(
                    f"embedding: {size:,} tokens are too many for one-hot inputs (at most {WIDEST_ONE_HOT:,}). "
                    "Give a width instead."
                )
            return OneHot(size)
        width = self.embedding if isinstance(self.embedding, int) else min(max(size, _EMBEDDING[0]), _EMBEDDING[1])
        return LearnedEmbedding(size, width, math.sqrt(width) if self.tied else 1.0)

    def _head(self, embedding: OneHot | LearnedEmbedding, body: CausalLayer) -> StepHead:
        if not self.tied or not isinstance(embedding, LearnedEmbedding):
            return StepHead(body.out_features, embedding.vocabulary_size)
        if body.out_features != embedding.out_features:
            raise UsageError(
                f"tied: the head can share the table of the embedding only where both have one width; the layers give "
                f"{body.out_features} features, the embedding has {embedding.out_features}."
            )
        return tied_head(embedding)

    def _body(self, in_features: int) -> CausalLayer:
        if self.spec is None:
            raise UsageError("spec: this model was loaded without the code of its cells. Give it a spec to train.")
        if isinstance(self.spec, str):
            # One stream of text has no end, so attention looks back as far as gradients flow.
            spec = parse_spec(self.spec).bounded(self.window)
            open_to_it = spec.layers > 1 and spec.dropout is None
            body: Any = spec.build(in_features, dropout=self.dropout if open_to_it else None)
        else:
            body = self.spec(in_features)
        if not isinstance(body, CausalLayer):
            raise UsageError(
                f"spec: predicting the next token needs layers that only look back, got {self.spec!r}. "
                "Leave 'bidirectional' and 'causal=false' out."
            )
        return body


def _word(kind: type[_E], name: str, values: Mapping[str, Any], problems: list[str]) -> _E | None:
    try:
        return kind(values[name])
    except ValueError:
        words = [str(member.value) for member in kind]
        problems.append(
            f"{name}: expected one of {', '.join(words)}, got {values[name]!r}."
            + did_you_mean(str(values[name]), words)
        )
        return None


def _check_spec(spec: object) -> list[str]:
    if not isinstance(spec, str):
        return [] if spec is None or callable(spec) else [f"spec: expected words such as 'lstm(256)', got {spec!r}."]
    try:
        parse_spec(spec)
    except UsageError as error:
        return [f"spec: {error}"]
    return []


def _check_embedding(embedding: object) -> list[str]:
    if embedding in (None, ONE_HOT) or (type(embedding) is int and 1 <= embedding <= 1 << 16):
        return []
    hint = did_you_mean(embedding, [ONE_HOT]) if isinstance(embedding, str) else ""
    return [f"embedding: expected a width, {ONE_HOT!r} or None, got {embedding!r}.{hint}"]
