"""Pictures as patches, each a linear map of its pixels, as the Vision Transformer reads them."""

from __future__ import annotations

from torch import Tensor, nn

from seqloom.layers.fronts.picture import CellFront

__all__ = ["Patches"]


class Patches(CellFront):
    """Squares of pixels, each by one linear map: y = W patch + b + place (Dosovitskiy et al., 2021, eq. 1).

    Pictures (B, H, W, C), or videos, → (B, ⌈H / size⌉ · ⌈W / size⌉, M): ``size`` pixels a side, ``features`` M. It has
    no class token: a pooling reads all patches.

    >>> import torch
    >>> Patches(16, 24, 3, size=8, features=32)(torch.zeros(2, 16, 24, 3)).shape
    torch.Size([2, 6, 32])
    """

    def __init__(self, height: int, width: int, channels: int, size: int = 8, *, features: int = 64) -> None:
        super().__init__(height, width, channels, features, size)
        self.size = size
        self.projection = nn.Conv2d(channels, features, size, stride=size)

    def read_cells(self, pictures: Tensor) -> Tensor:
        """pictures (N, C, rows · size, columns · size) → (N, M, rows, columns)."""
        found: Tensor = self.projection(pictures)
        return found
