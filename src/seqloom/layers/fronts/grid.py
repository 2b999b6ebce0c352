"""Pictures as a grid of features from a small convolutional network."""

from __future__ import annotations

import math

from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers.fronts.picture import CellFront

__all__ = ["Grid"]

_GROUP = 8
"""Channels that are normalised together."""
_NARROWEST = 16


class Grid(CellFront):
    """A small residual network (He et al., 2016) whose last grid is the memory, a vector for each cell.

    Pictures (B, H, W, C), or videos, → (B, ⌈H / cell⌉ · ⌈W / cell⌉, M): ``features`` M, ``cell`` pixels a side, a power
    of 2. Convolutions of 3 · 3 with a stride of 2 halve the sides and double the channels up to M, a last one keeps
    both; ``depth`` blocks x + conv(relu(norm(x))) follow. Channels are normalised in groups of each picture by itself
    (Wu & He, 2018), so that small batches are no worse than large ones.

    >>> import torch
    >>> Grid(32, 32, 3, 64)(torch.zeros(2, 32, 32, 3)).shape
    torch.Size([2, 16, 64])
    """

    def __init__(self, height: int, width: int, channels: int, features: int, *, cell: int = 8, depth: int = 1) -> None:
        super().__init__(height, width, channels, features, cell)
        halvings = cell.bit_length() - 1
        if cell != 1 << halvings:
            raise UsageError(f"grid halves the sides of a picture, so cell is 1, 2, 4, 8 and so on; got {cell}.")
        self.depth = depth
        widths = [max(min(_NARROWEST, features), features >> halvings - k) for k in range(1, halvings + 1)]
        layers: list[nn.Module] = []
        for before, after in zip([channels, *widths], [*widths, features], strict=True):
            last = len(layers) == 3 * halvings
            layers += [nn.Conv2d(before, after, 3, stride=1 if last else 2, padding=1), _norm(after), nn.ReLU()]
        self.network = nn.Sequential(*layers, *(_Block(features) for _ in range(depth)), _norm(features))
        for module in self.network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def read_cells(self, pictures: Tensor) -> Tensor:
        """pictures (N, C, rows · cell, columns · cell) → (N, M, rows, columns)."""
        found: Tensor = self.network(pictures)
        return found


class _Block(nn.Module):
    """x + conv(relu(norm(x)))."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(_norm(features), nn.ReLU(), nn.Conv2d(features, features, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """x (N, M, rows, columns) → the same shape."""
        y: Tensor = x + self.layers(x)
        return y


def _norm(features: int) -> nn.GroupNorm:
    return nn.GroupNorm(features // math.gcd(features, _GROUP), features)
