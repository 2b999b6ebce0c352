"""Pictures as a grid of features from a small convolutional network."""

from __future__ import annotations

import math

from torch import Tensor, nn

from seqloom.choice import Choice
from seqloom.errors import UsageError
from seqloom.layers.fronts.picture import CellFront
from seqloom.layers.padding import real_steps_only

__all__ = ["Grid", "NormOver"]

_GROUP = 8
"""Channels that are normalised together."""
_NARROWEST = 16


class NormOver(Choice):
    """Over what the features of a grid are normalised.

    "picture": eight channels over all of a picture (Wu & He, 2018), so that each cell hears a little of all others;
    "cell": the channels of each place by themselves (Ba et al., 2016), so that a cell knows what it sees alone.
    """

    PICTURE = "picture"
    CELL = "cell"

    def module(self, features: int) -> nn.Module:
        """The module over (N, ``features``, rows, columns)."""
        if self is NormOver.CELL:
            return _CellNorm(features)
        return nn.GroupNorm(features // math.gcd(features, _GROUP), features)


class Grid(CellFront):
    """A small residual network (He et al., 2016) whose last grid is the memory, a vector for each cell.

    Pictures (B, H, W, C), or videos, → (B, ⌈H / cell⌉ · ⌈W / cell⌉, M): ``features`` M, ``cell`` pixels a side, a power
    of 2. Convolutions of 3 · 3 with a stride of 2 halve the sides and double the channels up to M, a last one keeps
    both; ``depth`` blocks x + conv(relu(norm(x))) follow. No picture is normalised with others, so that small batches
    are no worse than large ones; ``norm`` says over what, see :class:`NormOver`. With ``frames`` K, an odd number,
    cells of videos know what moves: x + conv(relu(norm(x))) over K frames follows at each place, as in the (2+1)D
    networks of Tran et al. (2018). Defaults: 8, 1, "picture" and 1, no such convolution.

    >>> import torch
    >>> Grid(32, 32, 3, 64)(torch.zeros(2, 32, 32, 3)).shape
    torch.Size([2, 16, 64])
    """

    def __init__(
        self,
        height: int,
        width: int,
        channels: int,
        features: int,
        *,
        cell: int = 8,
        depth: int = 1,
        norm: NormOver = NormOver.PICTURE,
        frames: int = 1,
    ) -> None:
        super().__init__(height, width, channels, features, cell)
        halvings = cell.bit_length() - 1
        if cell != 1 << halvings:
            raise UsageError(f"grid halves the sides of a picture, so cell is 1, 2, 4, 8 and so on; got {cell}.")
        if frames % 2 == 0:
            raise UsageError(f"grid looks at as many frames before as after, so frames is odd; got {frames}.")
        self.depth, self.norm, self.frames = depth, NormOver(norm), frames
        widths = [max(min(_NARROWEST, features), features >> halvings - k) for k in range(1, halvings + 1)]
        layers, normed = list[nn.Module](), self.norm.module
        for before, after in zip([channels, *widths], [*widths, features], strict=True):
            last = len(layers) == 3 * halvings
            layers += [nn.Conv2d(before, after, 3, stride=1 if last else 2, padding=1), normed(after), nn.ReLU()]
        blocks = [_Block(features, self.norm) for _ in range(depth)]
        self.network = nn.Sequential(*layers, *blocks, normed(features))
        self.motion = None if frames == 1 else _Motion(features, frames)
        for module in self.network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def read_cells(self, pictures: Tensor) -> Tensor:
        """pictures (N, C, rows · cell, columns · cell) → (N, M, rows, columns)."""
        found: Tensor = self.network(pictures)
        return found

    def over_frames(self, cells: Tensor, lengths: Tensor | None) -> Tensor:
        """cells (B, T, S, M) → the same shape, each of which knows the same place in the frames about its own."""
        found: Tensor = cells if self.motion is None else self.motion(cells, lengths)
        return found


class _Block(nn.Module):
    """x + conv(relu(norm(x)))."""

    def __init__(self, features: int, norm: NormOver) -> None:
        super().__init__()
        self.layers = nn.Sequential(norm.module(features), nn.ReLU(), nn.Conv2d(features, features, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """x (N, M, rows, columns) → the same shape."""
        y: Tensor = x + self.layers(x)
        return y


class _Motion(nn.Module):
    """x + conv(relu(norm(x))) over the frames of each cell; there is nothing before the first and after the last."""

    def __init__(self, features: int, frames: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.convolution = nn.Conv1d(features, features, frames, padding=frames // 2)

    def forward(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """x (B, T, S, M) → the same shape."""
        read = real_steps_only(self.norm(x).relu(), lengths)
        found = self.convolution(read.permute(0, 2, 3, 1).flatten(0, 1)).unflatten(0, (len(x), -1))
        y: Tensor = x + found.permute(0, 3, 1, 2)
        return y


class _CellNorm(nn.LayerNorm):
    """Layer norm of the channels (N, M, rows, columns) of each place."""

    def forward(self, x: Tensor) -> Tensor:
        """x (N, M, rows, columns) → the same shape."""
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
