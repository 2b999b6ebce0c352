"""What every kind of input promises to the tasks that read it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor

from seqloom.layers import Augmentation, Embedding

__all__ = ["Inputs", "Reading"]


class Reading(NamedTuple):
    """What stands between tensors of one kind and the layers, which are given ``features`` a step: first the
    ``augmentation``, then the ``front``, if there is one."""

    augmentation: Augmentation
    front: Embedding | None
    features: int


class Inputs(ABC):
    """One kind of input: how plain values become tensors, by what was learned of those to learn from."""

    @abstractmethod
    def encode(self, X: Sequence[Any]) -> list[Tensor]:
        """Each item as tokens (T,) or values (T, D). Raises DataError for items of another kind."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """All that :func:`inputs_from_json` needs."""

    @abstractmethod
    def reading(self, settings: Any) -> Reading:
        """What reads these inputs, by the settings of the task."""
