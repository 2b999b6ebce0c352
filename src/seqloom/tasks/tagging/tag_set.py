"""The tags that a tagger knows, as numbers and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from seqloom.data.batch import Batch
from seqloom.errors import DataError, listed, warn
from seqloom.layers import Legal
from seqloom.tasks.tagging.objective import UNSEEN, UNSEEN_SPAN, SpanTags
from seqloom.tasks.tagging.schemes import OUTSIDE, Scheme, legal, recognised
from seqloom.training.objectives import Objective, Tags

__all__ = ["INNER", "TagSet"]

INNER = Scheme.IOB2
"""The scheme in which spans are learned, whatever the scheme of the data; IOBES was no better on wnut17."""


@dataclass(frozen=True)
class TagSet:
    """``names`` of tags, those that are learned; where they are of spans, the data have them in a ``scheme``.

    >>> tags = TagSet.learned([["O", "I-x", "I-x"]])
    >>> tags.scheme, tags.names
    (<Scheme.IOB1: 'IOB1'>, ('B-x', 'I-x', 'O'))
    >>> tags.encoded([["I-x", "I-x", "O"]])
    [tensor([0, 1, 2])]
    >>> tags.decoded([0, 1, 2])
    ['I-x', 'I-x', 'O']
    """

    names: tuple[str, ...]
    scheme: Scheme | None

    @classmethod
    def learned(cls, tags: Sequence[Sequence[str]]) -> Self:
        """What some sentences have; of spans, every letter for each type."""
        scheme = recognised(tags)
        seen = {tag for row in tags for tag in row}
        if scheme is not None:
            types = {span.type for row in tags for span in scheme.spans(row)}
            seen = {OUTSIDE, *(letter + (f"-{kind}" if kind else "") for letter in "BI" for kind in types)}
        return cls(tuple(sorted(seen)), scheme)

    def grown(self, tags: Sequence[Sequence[str]]) -> Self:
        """The same with the tags of further sentences. DataError where these are not of spans, and the others were."""
        if self.scheme is None:
            return type(self)(tuple(sorted({*self.names, *(tag for row in tags for tag in row)})), None)
        found = type(self).learned(tags)
        others = {tag for row in tags for tag in row} - {OUTSIDE}
        if found.scheme is None and others:
            raise DataError(f"Expected tags of spans, as in training ({self.scheme}), got {listed(sorted(others))}.")
        return type(self)(tuple(sorted({*self.names, *found.names})), self.scheme)

    @property
    def legal(self) -> Legal:
        """What may follow what."""
        return legal(self.names, None if self.scheme is None else INNER)

    @property
    def objective(self) -> Objective[Batch]:
        """What is minimised and measured."""
        return Tags() if self.scheme is None else SpanTags(self.names, INNER)

    def offsets(self, outside: float) -> Tensor:
        """What is taken from the score of each tag (K,): this from that outside of spans, from others nothing."""
        return torch.tensor([outside if self.scheme is not None and name == OUTSIDE else 0.0 for name in self.names])

    def may_follow(self, before: str | None, after: str) -> bool:
        """Whether one of the names may follow another, or begin."""
        return self.scheme is None or INNER.is_legal(before, after)

    def encoded(self, tags: Sequence[Sequence[str]]) -> list[Tensor]:
        """The numbers of the tags of each sentence (T,), below 0 for those that are not known; warns of these.

        Spans may be in any scheme, that of all these sentences.
        """
        places = {name: place for place, name in enumerate(self.names)}
        rows: Sequence[Sequence[str]] = tags
        if self.scheme is not None:
            own = recognised(tags, self.scheme) or self.scheme
            rows = [INNER.tags(own.spans(row), len(row)) for row in tags]
        unseen = sorted({tag for row in rows for tag in row} - places.keys())
        if unseen:
            warn(f"Tags that were not seen in training: {listed(unseen)}. They are never predicted.")
        begins = self.scheme is not None
        places |= {tag: UNSEEN_SPAN if begins and tag[0] == "B" else UNSEEN for tag in unseen}
        return [torch.tensor([places[tag] for tag in row]) for row in rows]

    def decoded(self, numbers: Sequence[int]) -> list[str]:
        """The tags of a sentence in the scheme of the data, always in an order that it has."""
        tags = [self.names[number] for number in numbers]
        return tags if self.scheme is None else self.scheme.tags(INNER.spans(tags), len(tags))

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"names": list(self.names), "scheme": None if self.scheme is None else self.scheme.value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_json`."""
        return cls(tuple(data["names"]), None if data["scheme"] is None else Scheme(data["scheme"]))
