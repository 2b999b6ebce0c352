"""Pictures as their rows of pixels, one after the other: a series."""

from __future__ import annotations

from torch import Tensor, nn

from seqloom.layers.fronts.picture import PictureFront

__all__ = ["Rows"]


class Rows(PictureFront):
    """Each step is ``number`` rows of pixels, from above down, as they are: there is nothing to learn.

    Le et al. (2015) read digits so, a pixel at once.

    Pictures (B, H, W, C), or videos, → (B, ⌈H / number⌉, number · W · C); what is missing below is 0.

    >>> import torch
    >>> Rows(28, 28, 1)(torch.zeros(2, 28, 28, 1)).shape
    torch.Size([2, 28, 28])
    """

    def __init__(self, height: int, width: int, channels: int, number: int = 1) -> None:
        super().__init__(height, width, channels, -(-height // number), number * width * channels)
        self.number = number

    def read(self, pictures: Tensor) -> Tensor:
        """pictures (N, H, W, C) → (N, ⌈H / number⌉, number · W · C)."""
        below = self.cells * self.number - self.height
        padded = nn.functional.pad(pictures, (0, 0, 0, 0, 0, below)) if below else pictures
        return padded.reshape(len(padded), self.cells, self.out_features)
