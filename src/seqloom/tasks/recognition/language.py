"""The language model that a recogniser listens to: an n-gram of its transcripts, or one that was saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from seqloom.data.text.document import Piece
from seqloom.data.text.vocabularies.choice import Tokens, vocabulary_from_json
from seqloom.data.text.vocabularies.symbols import Symbols
from seqloom.data.text.vocabularies.vocabulary import Vocabulary
from seqloom.decoding.fusion import Fusion, TokenFusion, WordFusion
from seqloom.decoding.protocol import Step
from seqloom.errors import UsageError
from seqloom.models.ngram import WittenBell
from seqloom.tasks.recognition.settings import NGRAM, WORD_NGRAM
from seqloom.tasks.recognition.transcripts import Transcripts

__all__ = ["Known", "known_language", "learned_ngram"]

_ORDER = {True: 3, False: 6}
"""Of an n-gram of words, and of other tokens."""
_CONTEXTS = 1 << 14
_NOTHING = -1


class Known(NamedTuple):
    """A language model: its tokens, its step, its logits (1, V) and state before the first token, and whether it has
    learned where texts end."""

    vocabulary: Vocabulary
    step: Step
    opening: tuple[Tensor, Any]
    ends: bool

    def fused(self, transcripts: Transcripts, weight: float, bonus: float) -> Fusion:
        """It beside the tokens of some transcripts; UsageError where it cannot judge these."""
        own, other = transcripts.vocabulary, self.vocabulary
        end, of_words = other.eos if self.ends else None, other.kind in (Tokens.WORDS, Tokens.SYMBOLS)
        if own.fingerprint == other.fingerprint:
            return TokenFusion(self.step, self.opening, range(own.size), end, weight, bonus)
        if (own.kind == other.kind == Tokens.CHARACTERS) or (transcripts.of_words and of_words):
            ids = [_alone(other, own.piece(token)) for token in range(own.size)]
            return TokenFusion(self.step, self.opening, ids, end, weight, bonus)
        if own.kind != Tokens.CHARACTERS or not of_words:
            raise UsageError(
                f"language_model: it reads {other.kind}, the recogniser writes {own.kind}. Expected the same tokens, "
                "or words beside characters."
            )

        @lru_cache(maxsize=_CONTEXTS)
        def encode(word: Sequence[int]) -> list[int]:
            return other.encode(own.decode(word))

        breaks = [token for token in range(own.size) if own.piece(token) == " "]
        return WordFusion(self.step, self.opening, encode, own.size, breaks, end, weight, bonus)


def learned_ngram(texts: Sequence[str], transcripts: Transcripts, kind: str, order: int | None) -> dict[str, Any]:
    """An n-gram of some texts, of the tokens of transcripts or of words, ready for JSON."""
    vocabulary = transcripts.vocabulary
    if kind == WORD_NGRAM and not transcripts.of_words:
        vocabulary = Symbols.learn(Piece(text, True) for text in texts)
    eos = vocabulary.eos
    ids = [eos, *(token for text in texts for token in (*vocabulary.encode(text), eos))]
    model = WittenBell(order or _ORDER[vocabulary.kind == Tokens.SYMBOLS], vocabulary.size).fit(ids)
    counts = [[keys.tolist(), times.tolist()] for keys, times in model.counts()]
    return {"vocabulary": vocabulary.to_json(), "counts": counts}


def known_language(asked: str, ngram: Mapping[str, Any] | None) -> Known:
    """The language model that was asked for: the n-gram that was learned, or one from a directory.

    Raises UsageError for an n-gram that was not learned and a model of another task, ModelFileError for a directory
    that holds none.
    """
    if asked in (NGRAM, WORD_NGRAM):
        if ngram is None:
            raise UsageError(f"language_model: {asked!r} is learned with the recogniser; this one was trained without.")
        counts = [(np.array(keys, np.int64), np.array(times, np.int64)) for keys, times in ngram["counts"]]
        vocabulary = vocabulary_from_json(ngram["vocabulary"])
        step = _NgramStep(WittenBell.from_counts(vocabulary.size, counts))
        return Known(vocabulary, step, step(torch.tensor([vocabulary.eos]), step.nothing), True)
    return _saved(asked)


class _NgramStep:
    """An n-gram's step; its state is the last tokens (B, order - 1), -1 where there is none."""

    def __init__(self, model: WittenBell) -> None:
        self.nothing = torch.full((1, max(model.order - 1, 1)), _NOTHING)
        self._logits = lru_cache(maxsize=_CONTEXTS)(
            lambda context: torch.from_numpy(model.next_probabilities(context)).log()
        )

    def __call__(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        state = torch.cat([state[:, 1:], tokens[:, None]], 1)
        rows = [tuple(token for token in row if token != _NOTHING) for row in state.tolist()]
        return torch.stack([self._logits(row) for row in rows]), state


def _saved(path: str) -> Known:
    from seqloom.tasks.language.generation import opening
    from seqloom.tasks.language.language_model import LanguageModel
    from seqloom.tasks.language.scoring import read_prompts
    from seqloom.tasks.registry import load

    if not Path(path).exists():
        raise UsageError(
            f"language_model: there is no {path}. Expected {NGRAM}, {WORD_NGRAM} or the directory of a language model."
        )
    model = load(path)
    if not isinstance(model, LanguageModel):
        raise UsageError(f"language_model: {path} is a model of the task {model.task!r}, not of language.")
    model.model_.eval()
    with torch.no_grad():
        logits, state = read_prompts(model.model_, [opening(model._fitted())])
    return Known(model.vocabulary_, model.model_.step, (logits, state), model._ends(None))


def _alone(vocabulary: Vocabulary, piece: str) -> int:
    """The id of a piece that is one token, or -1."""
    if vocabulary.unknown(piece):
        return -1
    ids = vocabulary.encode(piece)
    return ids[0] if len(ids) == 1 else -1
