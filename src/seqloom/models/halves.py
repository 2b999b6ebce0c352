"""A model in two halves: what makes vectors of the input, and what is said of the vectors.

Between the two stand steps of real numbers, whatever was read: there an influence has a norm, and a step can be taken
away. So inspection needs no more of a model than this.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from seqloom.layers.protocol import SequenceLayer

__all__ = ["Halves"]


@runtime_checkable
class Halves(Protocol):
    """``answers(*vectors(x, lengths))`` is what the model says in evaluation; ``body`` are its layers."""

    @property
    def body(self) -> SequenceLayer:
        """The layers that read the vectors."""

    def vectors(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """The input (B, T, …) → vectors (B, S, D), and how many of each row are real."""

    def answers(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Vectors (B, S, D) → one answer a row (B, K), or one a step (B, S', K)."""
