"""What every kind of input promises to the tasks that read it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.layers import Augmentation, Front
from seqloom.settings.text import Tokens

__all__ = ["Feed", "Inputs", "Reading"]


class Reading(NamedTuple):
    """What stands between tensors of one kind and the layers, which are given ``features`` a step: first the
    ``augmentation``, then the ``front``, if there is one."""

    augmentation: Augmentation
    front: Front | None
    features: int


class Feed(ABC):
    """What comes of one item, piece by piece, as the steps (n, …) that layers read."""

    @abstractmethod
    def push(self, piece: Any) -> Tensor:
        """The steps that are whole with one more piece."""

    @abstractmethod
    def line(self, text: str) -> Tensor:
        """The same, where the piece is a line of text. Raises DataError for one that is none."""

    def finish(self) -> Tensor:
        """The steps that are left when no more comes."""
        return torch.zeros(0)


class Inputs(ABC):
    """One kind of input: how plain values become tensors, by what was learned of those to learn from."""

    @abstractmethod
    def encode(self, X: Sequence[Any]) -> Sequence[Tensor]:
        """Each item as tokens (T,) or values (T, D). Raises DataError for items of another kind."""

    def grown(self, X: Sequence[Any], tokens: Tokens | None, minimum_count: int, size: int | None) -> Self:
        """The same, with what a trained model is to know of further items; scales stay, for weights rest on them."""
        return self

    def lengths(self, X: Sequence[Any]) -> list[int]:
        """How many steps each item has."""
        return [len(row) for row in self.encode(X)]

    def feed(self) -> Feed:
        """One item that comes in pieces. UsageError for what cannot be read before its end."""
        raise UsageError("This kind of input is read as a whole, so it cannot stream.")

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """All that :func:`inputs_from_json` needs."""

    @abstractmethod
    def reading(self, settings: Any) -> Reading:
        """What reads these inputs, by the settings of the task."""
