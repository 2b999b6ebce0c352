"""How well events are foreseen by what needs no model: how often they come, and what kind comes after what kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from seqloom.data.notes.tokens import EventTokens
from seqloom.tasks.music.judging import Judged

__all__ = ["EventRates"]

_FREQUENT, _KIND = "event frequencies", "the kind before"
_KINDS: Final = 7
"""On, off, shift, velocity, instrument, the end of a piece, and what stands before it."""


class EventRates(NamedTuple):
    """How often each of V tokens was to be foreseen (V,), and each kind after each kind (7, 7)."""

    tokens: NDArray[np.float64]
    kinds: NDArray[np.float64]

    @classmethod
    def learned(cls, events: EventTokens, size: int, rows: Sequence[NDArray[np.int64]]) -> Self:
        """From rows of tokens, each from what stands before it to its end."""
        kind = _kinds_of(events, size)
        tokens, kinds = np.zeros(size), np.zeros((_KINDS, _KINDS))
        for row in rows:
            np.add.at(tokens, row[1:], 1)
            np.add.at(kinds, (kind[row[:-1]], kind[row[1:]]), 1)
        return cls(tokens, kinds)

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """ln p (V,), each count one more."""
        found: NDArray[np.float64] = np.log((self.tokens + 1) / (self.tokens.sum() + len(self.tokens)))
        return found

    def judged(self, events: EventTokens, row: NDArray[np.int64]) -> dict[str, Judged]:
        """A row of tokens, by what it is foreseen from: the frequency of the token, or p(kind | kind before) p(token |
        kind)."""
        kind = _kinds_of(events, len(self.tokens))
        after = np.log((self.kinds + 1) / (self.kinds + 1).sum(1, keepdims=True))
        within = np.log(np.bincount(kind, np.exp(self.frequencies), _KINDS) + 1e-300)
        table = after[:, kind] + self.frequencies - within[kind]
        said = {_FREQUENT: np.broadcast_to(self.frequencies, table.shape), _KIND: table}
        before, came = kind[row[:-1]], row[1:]
        return {
            name: Judged(-one[before, came], float((one.argmax(1)[before] == came).sum()), float(len(came)))
            for name, one in said.items()
        }

    def to_json(self) -> list[Any]:
        return [self.tokens.tolist(), self.kinds.tolist()]

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The inverse of ``to_json``."""
        return cls(*(np.array(part) for part in data))


def _kinds_of(events: EventTokens, size: int) -> NDArray[np.int64]:
    """The kind of each token."""
    begins = [events.off, events.shift, events.velocity, events.instrument, len(events), len(events) + 1]
    return np.searchsorted(begins, np.arange(size), "right")
