"""What is known of the inputs of a task, texts or series, and how they become tensors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.text.document import Piece
from seqloom.data.text.vocabularies.choice import Tokens, learn_vocabulary, vocabulary_from_json
from seqloom.data.text.vocabularies.vocabulary import Vocabulary
from seqloom.data.text.vocabularies.words import Words
from seqloom.errors import DataError

__all__ = ["Inputs", "SeriesInputs", "TextInputs", "inputs_from_json", "learned_inputs"]

_BLOCK = 1024
_FEW_WORDS = 3
"""Texts of fewer words, in the mean, are read letter by letter."""


class Inputs(ABC):
    """One kind of input."""

    @abstractmethod
    def encode(self, X: Sequence[Any]) -> list[Tensor]:
        """Each item as tokens (T,) or values (T, D). Raises DataError for items of another kind."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """All that :func:`inputs_from_json` needs."""


@final
@dataclass(frozen=True)
class TextInputs(Inputs):
    """Texts as the ids of a vocabulary; of words, those that only say where spaces stand are left out."""

    vocabulary: Vocabulary

    @classmethod
    def learned(cls, texts: Sequence[str], tokens: Tokens | None, minimum_count: int, size: int | None) -> Self:
        """The vocabulary of some texts; without ``tokens`` short ones are read by character, others by word."""
        if tokens is None:
            words = sum(len(text.split()) for text in texts) / len(texts)
            tokens = Tokens.CHARACTERS if words < _FEW_WORDS else Tokens.WORDS
        return cls(learn_vocabulary(tokens, (Piece(text, True) for text in texts), minimum_count, size))

    def encode(self, X: Sequence[Any]) -> list[Tensor]:
        for place, text in enumerate(X):
            if not isinstance(text, str):
                raise DataError(f"X: row {place:,}: expected a text, as in training, got {type(text).__name__}.")
        found = []
        for begin in range(0, len(X), _BLOCK):
            ids, _ = self.vocabulary.encoder().feed_pieces(
                [Piece(text, True) for text in X[begin : begin + _BLOCK]], self.vocabulary.eos
            )
            ends = np.flatnonzero(ids == self.vocabulary.eos)
            rows = np.split(ids.astype(np.int64), ends + 1)[:-1]
            kept = [self.kept(torch.from_numpy(row[:-1].copy())) for row in rows]
            found += [row if len(row) else torch.tensor([self.vocabulary.eos]) for row in kept]
        return found

    def kept(self, ids: Tensor) -> Tensor:
        """The ids (T,) of a text that are read."""
        if not isinstance(self.vocabulary, Words):
            return ids
        return ids[(ids != Words.joined) & (ids != Words.space)]

    def to_json(self) -> dict[str, Any]:
        return {"vocabulary": self.vocabulary.to_json()}


@final
@dataclass(frozen=True)
class SeriesInputs(Inputs):
    """Series (T, D), or (T,) of one channel, each channel less its mean and over its deviation."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def learned(cls, series: Sequence[Any]) -> Self:
        """The mean and deviation of each channel over all steps of some series."""
        steps = torch.cat([_series(place, one) for place, one in enumerate(_alike(series))]).double()
        deviation = steps.std(0, correction=0)
        return cls(tuple(steps.mean(0).tolist()), tuple(torch.where(deviation > 0, deviation, 1.0).tolist()))

    def encode(self, X: Sequence[Any]) -> list[Tensor]:
        mean, deviation = torch.tensor(self.mean), torch.tensor(self.deviation)
        found = []
        for place, one in enumerate(X):
            series = _series(place, one)
            if series.shape[1] != len(mean):
                raise DataError(
                    f"X: row {place:,}: expected series of {len(mean)} channels, as in training, got {series.shape[1]}."
                )
            found.append((series - mean) / deviation)
        return found

    def to_json(self) -> dict[str, Any]:
        return {"mean": list(self.mean), "deviation": list(self.deviation)}


def learned_inputs(
    X: Sequence[Any], tokens: Tokens | None = None, minimum_count: int = 1, size: int | None = None
) -> Inputs:
    """What is to be known of some texts or series.

    >>> inputs = learned_inputs(["one", "two"])
    >>> inputs.encode(["wone"])
    [tensor([6, 4, 3, 2])]
    >>> learned_inputs([[[1.0, 5.0], [3.0, 5.0]]]).encode([[[2.0, 6.0]]])
    [tensor([[0., 1.]])]
    """
    kinds = {isinstance(one, str) for one in X}
    if len(kinds) > 1:
        raise DataError("X: expected texts or series, got both.")
    return TextInputs.learned(X, tokens, minimum_count, size) if True in kinds else SeriesInputs.learned(X)


def inputs_from_json(data: Mapping[str, Any]) -> Inputs:
    """The inverse of ``to_json``."""
    if "vocabulary" in data:
        return TextInputs(vocabulary_from_json(data["vocabulary"]))
    return SeriesInputs(tuple(map(float, data["mean"])), tuple(map(float, data["deviation"])))


def _alike(series: Sequence[Any]) -> Sequence[Any]:
    """The series, once all have as many channels as the first."""
    first = _series(0, series[0]).shape[1]
    for place, one in enumerate(series):
        if (channels := _series(place, one).shape[1]) != first:
            raise DataError(f"X: row {place:,} has {channels} channels, row 0 has {first}.")
    return series


def _numbers(values: Any) -> NDArray[np.float32]:
    """A copy, for what is read-only cannot be a tensor; TypeError or ValueError for text, even for that of numbers."""
    found = np.asarray(values)
    if found.dtype.kind in "UST":
        raise TypeError
    return np.array(found, dtype=np.float32)


def _series(place: int, one: Any) -> Tensor:
    try:
        series = one.detach().cpu().float() if isinstance(one, Tensor) else torch.from_numpy(_numbers(one))
    except (TypeError, ValueError):
        raise DataError(f"X: row {place:,}: expected a series (T,) or (T, D), got {type(one).__name__}.") from None
    if series.ndim == 1:
        series = series[:, None]
    if series.ndim != 2:
        raise DataError(f"X: row {place:,}: expected a series (T,) or (T, D), got the shape {tuple(series.shape)}.")
    return series
