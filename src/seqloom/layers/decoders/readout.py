"""From what a decoder knows at a step to a vector for the head."""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["Maxout"]


class Maxout(nn.Module):
    """y = max over pairs of U x: x (…, D) → (…, H), U (2H, D) (Goodfellow et al., 2013; Bahdanau et al., 2015, A.2.2).

    >>> import torch
    >>> Maxout(3, 4)(torch.zeros(2, 5, 3)).shape
    torch.Size([2, 5, 4])
    """

    def __init__(self, in_features: int, features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, 2 * features)

    def forward(self, x: Tensor) -> Tensor:
        """x (…, D) → (…, H)."""
        pairs: Tensor = self.linear(x).unflatten(-1, (-1, 2))
        return pairs.amax(-1)
