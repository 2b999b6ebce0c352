"""What stands before the first layer: from what a source is made of to vectors at every step."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

__all__ = ["Front"]


class Front(nn.Module, ABC):
    """x (B, …) → vectors (B, S, D): tokens, sounds and pictures become what sequence layers read.

    ``out_features`` is D. A front reads what its name says: ``Embedding`` tokens (B, S), others samples or pixels.
    """

    out_features: int

    @abstractmethod
    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x, of which ``lengths`` (B,) steps of each row are real → (B, S, D), 0 beyond each row's end."""

    def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
        """How many of the S steps of each row are real, where ``lengths`` (B,) of x are; None where all are."""
        return lengths
