"""Targets that are texts: to the ids that a decoder writes, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from torch import Tensor

from seqloom.data.text.document import Piece
from seqloom.data.text.vocabularies.choice import Tokens, learn_vocabulary, vocabulary_from_json
from seqloom.data.text.vocabularies.vocabulary import Vocabulary

__all__ = ["TargetTexts"]


@final
@dataclass(frozen=True)
class TargetTexts:
    """Texts as ids of a vocabulary, each with its ``<eos>`` at the end.

    >>> targets = TargetTexts.learned(["a dog", "a cat"], Tokens.WORDS)
    >>> ids = targets.encode(["a cat"])[0]
    >>> int(ids[-1]) == targets.vocabulary.eos, targets.decode(ids.tolist())
    (True, 'a cat')
    """

    vocabulary: Vocabulary

    @classmethod
    def learned(cls, texts: Iterable[str], tokens: Tokens, minimum_count: int = 1, size: int | None = None) -> Self:
        """The vocabulary of some texts."""
        return cls(learn_vocabulary(tokens, (Piece(text, True) for text in texts), minimum_count, size))

    def encode(self, texts: Sequence[str]) -> list[Tensor]:
        """The ids (T,) of each text."""
        eos = self.vocabulary.eos
        ids, _ = self.vocabulary.encoder().feed_pieces([Piece(text, True) for text in texts], eos)
        ends = np.flatnonzero(ids == eos) + 1
        return [torch.from_numpy(row.astype(np.int64)) for row in np.split(ids, ends)[:-1]]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids."""
        return self.vocabulary.decode(ids)

    def to_json(self) -> dict[str, Any]:
        """All that :meth:`from_json` needs."""
        return self.vocabulary.to_json()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_json`."""
        return cls(vocabulary_from_json(dict(data)))
