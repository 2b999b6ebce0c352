"""What every kind of input promises to the tasks that read it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from torch import Tensor

__all__ = ["Inputs"]


class Inputs(ABC):
    """One kind of input: how plain values become tensors, by what was learned of those to learn from."""

    @abstractmethod
    def encode(self, X: Sequence[Any]) -> list[Tensor]:
        """Each item as tokens (T,) or values (T, D). Raises DataError for items of another kind."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """All that :func:`inputs_from_json` needs."""
