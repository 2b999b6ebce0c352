"""What all fronts of pictures share: a grid of cells, each with a vector that knows its place."""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers.front import Front
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import check_lengths

__all__ = ["PictureFront", "sine_positions"]


class PictureFront(Front):
    """Pictures (B, H, W, C), or videos (B, T, H, W, C) with T = ``lengths`` real frames → (B, T · cells, M).

    A picture of ``height`` · ``width`` pixels is read as ``rows`` · ``columns`` cells of ``cell`` · ``cell`` pixels,
    row by row; what is missing at the right and below is 0. Each frame of a video is read by itself, one after the
    other. The vector of a place is learned and added; it begins as sines and cosines of row and column (Vaswani et al.,
    2017, in two dimensions). Raises UsageError for pictures of another size or other channels.
    """

    def __init__(self, height: int, width: int, channels: int, features: int, cell: int) -> None:
        super().__init__()
        if min(height, width, channels, features, cell) < 1:
            raise UsageError(f"{type(self).__name__} expected sizes of at least 1.")
        self.height, self.width, self.channels, self.cell = height, width, channels, cell
        self.rows, self.columns = -(-height // cell), -(-width // cell)
        self.out_features = self.features = features
        self.positions = nn.Parameter(sine_positions(self.rows, self.columns, features))

    @property
    def cells(self) -> int:
        """How many steps a picture becomes."""
        return self.rows * self.columns

    @abstractmethod
    def read(self, pictures: Tensor) -> Tensor:
        """pictures (N, C, rows · cell, columns · cell) → (N, M, rows, columns)."""

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x (B, H, W, C) or (B, T, H, W, C) → (B, T · cells, M), 0 beyond each row's last frame."""
        shape = self.height, self.width, self.channels
        if x.ndim not in (4, 5) or x.shape[-3:] != shape or not x.is_floating_point():
            raise UsageError(
                f"{type(self).__name__} expected pictures (B, {', '.join(map(str, shape))}) or videos (B, T, "
                f"{', '.join(map(str, shape))}) of floating-point numbers; got {tuple(x.shape)}, {x.dtype}."
            )
        frames = x[:, None] if x.ndim == 4 else x
        rows, time = frames.shape[:2]
        lengths = check_lengths(self, lengths, rows, time)
        frames = real_steps_only(frames, lengths).flatten(0, 1).permute(0, 3, 1, 2)
        below, beside = self.rows * self.cell - self.height, self.columns * self.cell - self.width
        if below or beside:
            frames = nn.functional.pad(frames, (0, beside, 0, below))
        found = self.read(frames).flatten(2).transpose(1, 2) + self.positions
        return real_steps_only(found.reshape(rows, time * self.cells, self.out_features), self.lengths_after(lengths))

    def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
        """Frames · cells."""
        return None if lengths is None else lengths.to(torch.int64) * self.cells


def sine_positions(rows: int, columns: int, features: int) -> Tensor:
    """A vector for each place of a grid, row by row: (rows · columns, features), entries up to 1.

    Half of the features are of the row, the others of the column, in waves from four times the grid down to 4 cells.

    >>> sine_positions(2, 3, 8).shape
    torch.Size([6, 8])
    """
    quarter = -(-features // 4)
    largest = max(rows, columns)
    waves = math.pi / 2 * largest ** (torch.linspace(0, 1, quarter) - 1)
    down, right = (torch.arange(count).float()[:, None] * waves for count in (rows, columns))
    by_row = torch.cat([down.sin(), down.cos()], 1)[:, None].expand(rows, columns, -1)
    by_column = torch.cat([right.sin(), right.cos()], 1)[None].expand(rows, columns, -1)
    return torch.stack([by_row, by_column], -1).flatten(2).reshape(rows * columns, -1)[:, :features].contiguous()
