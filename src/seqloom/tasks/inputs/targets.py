"""Texts that are written, as the ids of a vocabulary, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from torch import Tensor

from seqloom.data.text.document import Piece
from seqloom.data.text.vocabularies.choice import (
    Tokens,
    grown_vocabulary,
    learn_vocabulary,
    vocabulary_from_json,
)
from seqloom.data.text.vocabularies.vocabulary import Vocabulary
from seqloom.tasks.examples.going_on import Rows

__all__ = ["TextTargets", "written_rows"]


@final
@dataclass(frozen=True)
class TextTargets:
    """Texts as the ids (T,) of a vocabulary, the ``end`` after each, and the texts of ids.

    >>> targets = TextTargets.learned(["ab", "ba"], None)
    >>> targets.encode(["aab"]), targets.text([2, 3])
    ([tensor([2, 2, 3, 0])], 'ab')
    """

    vocabulary: Vocabulary

    @classmethod
    def learned(
        cls, texts: Sequence[str], tokens: Tokens | None, minimum_count: int = 1, size: int | None = None
    ) -> Self:
        """The vocabulary of some texts, by default of their characters."""
        pieces = (Piece(text, True) for text in texts)
        return cls(learn_vocabulary(tokens or Tokens.CHARACTERS, pieces, minimum_count, size))

    def grown(self, texts: Sequence[str], minimum_count: int = 1, size: int | None = None) -> Self:
        """The same, and after its ids those of what further texts have.

        >>> TextTargets.learned(["ab"], None).grown(["ac"]).encode(["c"])
        [tensor([4, 0])]
        """
        pieces = (Piece(text, True) for text in texts)
        return type(self)(grown_vocabulary(self.vocabulary, pieces, minimum_count, size))

    @property
    def names(self) -> list[str]:
        """What each id writes.

        >>> TextTargets.learned(["ab"], None).names
        ['<eos>', '<unk>', 'a', 'b']
        """
        return [self.vocabulary.piece(token) for token in range(self.vocabulary.size)]

    @property
    def end(self) -> int:
        """The id that follows the last one of a text."""
        return self.vocabulary.eos

    @property
    def size(self) -> int:
        """How many ids there are."""
        return self.vocabulary.size

    def encode(self, texts: Iterable[str]) -> list[Tensor]:
        """The ids (T,) of each text and its end."""
        ids, _ = self.vocabulary.encoder().feed_pieces([Piece(text, True) for text in texts], self.end)
        ends = np.flatnonzero(ids == self.end) + 1
        return [torch.from_numpy(row.copy()) for row in np.split(ids.astype(np.int64), ends)[:-1]]

    def text(self, ids: Sequence[int], unknown: Sequence[str] = ()) -> str:
        """The text of some ids; in place of unknown ones stands what is given for them, in their order."""
        if not unknown or self.vocabulary.unk is None:
            return self.vocabulary.decode(ids).strip()
        decoder, waiting, parts = self.vocabulary.decoder(), iter(unknown), []
        for token in ids:
            piece = decoder.feed(token)
            if token == self.vocabulary.unk:
                piece = piece.replace("<unk>", next(waiting, "<unk>"))
            parts.append(piece)
        return "".join([*parts, decoder.finish()]).strip()

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """The name of each id."""
        return [self.vocabulary.piece(token) for token in ids]

    def to_json(self) -> dict[str, Any]:
        """All that :meth:`from_json` needs."""
        return self.vocabulary.to_json()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of ``to_json``."""
        return cls(vocabulary_from_json(data))


def written_rows(targets: TextTargets, what: str) -> Rows:
    """The rows of the weights of an encoder-decoder that are of the ids of its targets; a vocabulary grows at its
    end."""
    weights = {"target_embedding.table": (0,), "head.linear.weight": (0,), "head.linear.bias": (0,)}
    return Rows(f"{targets.vocabulary.kind} of {what}", range(targets.size), weights, targets.names)
