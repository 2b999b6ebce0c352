"""The network of a captioner."""

from __future__ import annotations

from typing import Any, Self

from torch import Tensor

from seqloom.layers import Noise
from seqloom.layers.fronts.picture import CellFront, PictureFront
from seqloom.models.encoder_decoder import EncoderDecoder

__all__ = ["CaptionNetwork"]


class CaptionNetwork(EncoderDecoder):
    """An :class:`EncoderDecoder` that reads its source with ``noise`` in training."""

    def with_noise(self, deviation: float | None) -> Self:
        """The same with noise of this deviation."""
        self.augmentation = Noise(deviation or 0.0)
        return self

    def start(self, source: Tensor, lengths: Tensor | None = None) -> Any:
        """The source (B, S, …) → the decoder's state before the first step."""
        return super().start(self.augmentation(source, lengths), lengths)

    @property
    def cells(self) -> tuple[int, int] | None:
        """How many rows and columns of cells the attention reads of a frame; None where these are none."""
        if isinstance(self.front, CellFront):
            return self.front.rows, self.front.columns
        return (self.front.cells, 1) if isinstance(self.front, PictureFront) else None
