"""What is changed about inputs in training, so that no detail of one example is learned by heart."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqloom.layers.dropout import check_dropout

__all__ = ["Augmentation", "Noise", "TokenDropout"]


class Augmentation(nn.Module):
    """x (B, T, …) and lengths (B,) → the same, changed by random numbers in training alone; this one changes nothing.

    >>> Augmentation()(torch.tensor([[1, 2]]))
    tensor([[1, 2]])
    """

    def __init__(self) -> None:
        super().__init__()

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x (B, T, …), changed in training."""
        return self.changed(x, lengths) if self.training else x

    def changed(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """x (B, T, …) as it is read in training."""
        return x


class TokenDropout(Augmentation):
    """A ``share`` of the tokens is read as the token ``unseen`` (Iyyer et al., 2015, sec. 3.2)."""

    def __init__(self, share: float, unseen: int) -> None:
        super().__init__()
        self.share, self.unseen = check_dropout(share), unseen

    def changed(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        if not self.share:
            return x
        return x.masked_fill(torch.rand(x.shape, device=x.device) < self.share, self.unseen)


class Noise(Augmentation):
    """Values x + ``deviation`` · N(0, 1)."""

    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def changed(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        return x + self.deviation * torch.randn_like(x) if self.deviation else x
