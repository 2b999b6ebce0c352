"""What every kind of input promises to the tasks that read it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

from torch import Tensor

from seqloom.settings.text import Tokens

__all__ = ["Inputs"]


class Inputs(ABC):
    """One kind of input: how plain values become tensors, by what was learned of those to learn from."""

    @abstractmethod
    def encode(self, X: Sequence[Any]) -> list[Tensor]:
        """Each item as tokens (T,) or values (T, D). Raises DataError for items of another kind."""

    def grown(self, X: Sequence[Any], tokens: Tokens | None, minimum_count: int, size: int | None) -> Self:
        """The same, with what a trained model is to know of further items; scales stay, for weights rest on them."""
        return self

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """All that :func:`inputs_from_json` needs."""
