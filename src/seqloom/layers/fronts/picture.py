"""What fronts of pictures share: frames one after the other, and cells that know their place."""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers.front import Front
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import check_lengths

__all__ = ["CellFront", "PictureFront", "sine_positions"]


class PictureFront(Front):
    """Pictures (B, H, W, C), or videos (B, T, H, W, C) with T = ``lengths`` real frames → (B, T · cells, M).

    H is ``height``, W ``width``, C ``channels``. Each frame of a video is read by itself, one after the other, before
    ``over_frames``. Raises UsageError for pictures of another size or other channels.
    """

    def __init__(self, height: int, width: int, channels: int, cells: int, features: int) -> None:
        super().__init__()
        if min(height, width, channels, cells, features) < 1:
            raise UsageError(f"{type(self).__name__} expected sizes of at least 1.")
        self.height, self.width, self.channels = height, width, channels
        self.cells, self.out_features = cells, features

    @abstractmethod
    def read(self, pictures: Tensor) -> Tensor:
        """pictures (N, H, W, C) → (N, cells, M)."""

    def over_frames(self, cells: Tensor, lengths: Tensor | None) -> Tensor:
        """What was read (B, T, cells, M) of videos of ``lengths`` → the same shape; as it is, unless frames meet."""
        return cells

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
        found = self.read(real_steps_only(frames, lengths).flatten(0, 1))
        found = self.over_frames(found.reshape(rows, time, self.cells, self.out_features), lengths)
        return real_steps_only(found.flatten(1, 2), self.lengths_after(lengths))

    def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
        """Frames · cells."""
        return None if lengths is None else lengths.to(torch.int64) * self.cells


class CellFront(PictureFront):
    """Pictures as ``rows`` · ``columns`` squares of ``cell`` · ``cell`` pixels, row by row, which know their place.

    What is missing at the right and below is 0. The vector of a place is learned and added; it begins as sines and
    cosines of row and column (Vaswani et al., 2017, in two dimensions).
    """

    def __init__(self, height: int, width: int, channels: int, features: int, cell: int) -> None:
        rows, columns = (-(-side // max(cell, 1)) for side in (height, width))
        super().__init__(height, width, channels, rows * columns, features)
        self.rows, self.columns, self.cell, self.features = rows, columns, cell, features
        self.positions = nn.Parameter(sine_positions(rows, columns, features))

    @abstractmethod
    def read_cells(self, pictures: Tensor) -> Tensor:
        """pictures (N, C, rows · cell, columns · cell) → (N, M, rows, columns)."""

    def read(self, pictures: Tensor) -> Tensor:
        """pictures (N, H, W, C) → (N, rows · columns, M)."""
        pictures = pictures.permute(0, 3, 1, 2)
        below, beside = self.rows * self.cell - self.height, self.columns * self.cell - self.width
        if below or beside:
            pictures = nn.functional.pad(pictures, (0, beside, 0, below))
        return self.read_cells(pictures).flatten(2).transpose(1, 2) + self.positions


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
