"""The blocks of minGRU and minLSTM: convolution, minimal recurrence, feed-forward network (Feng et al., 2024)."""

from __future__ import annotations

from torch import Tensor, nn

from seqloom.cells.cell import Cell
from seqloom.cells.minimal_diagonal import MinGRU, MinLSTM
from seqloom.layers.blocks.block import CausalBlock
from seqloom.layers.blocks.feed_forward import FeedForward
from seqloom.layers.blocks.mixer import Advance, Mixer
from seqloom.layers.blocks.short_convolution import ShortConvolution
from seqloom.layers.norm import NormKind
from seqloom.layers.protocol import CausalLayer
from seqloom.layers.recurrent import Recurrent

__all__ = ["ConvolvedRecurrence", "MinGRUBlock", "MinLSTMBlock"]


class ConvolvedRecurrence(Mixer):
    """y = W cell(convolution(x)): x (B, T, D) → y (B, T, D), over ``hidden_size`` units.

    ``convolution`` is how many inputs the short convolution sees; ``output`` is W, without a bias.

    >>> import torch
    >>> y, state = ConvolvedRecurrence(MinGRU(), 4, hidden_size=8)(torch.zeros(1, 5, 4))
    >>> y.shape
    torch.Size([1, 5, 4])
    """

    def __init__(self, cell: Cell, features: int, hidden_size: int, convolution: int = 4) -> None:
        super().__init__()
        self.in_features = self.out_features = features
        self.convolution = ShortConvolution(features, convolution)
        self.recurrence = Recurrent(cell, features, hidden_size)
        self.output = nn.Linear(hidden_size, features, bias=False)

    @property
    def parts(self) -> tuple[CausalLayer, ...]:
        return self.convolution, self.recurrence

    def mix(self, x: Tensor, advance: Advance) -> Tensor:
        h = advance(self.recurrence, advance(self.convolution, x))
        y: Tensor = self.output(h)
        return y


class MinGRUBlock(CausalBlock):
    """minGRU in its paper's block: a convolution before it, a network after it (Feng et al., 2024, appendix).

    x + W minGRU(convolution(norm(x))), then x + feed_forward(norm(x)).

    x (B, T, D) → y (B, T, H). The recurrence has ``expansion`` · H units and runs as one scan; the convolution sees
    ``convolution`` inputs; the feed-forward network has ``feed_forward_factor`` · H units, with GELU; ``positive`` and
    ``chrono`` are the cell's. The norm (root mean square) and the width of the network (4 H) are those of public
    implementations.

    >>> import torch
    >>> y, state = MinGRUBlock(3, 4)(torch.zeros(1, 5, 3))
    >>> y.shape
    torch.Size([1, 5, 4])
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        expansion: int = 2,
        convolution: int = 4,
        feed_forward_factor: int = 4,
        positive: bool = False,
        chrono: int | None = None,
        norm: NormKind = NormKind.RMS,
        dropout: float = 0.0,
    ) -> None:
        cell = MinGRU(positive=positive, chrono=chrono)
        super().__init__(
            ConvolvedRecurrence(cell, hidden_size, expansion * hidden_size, convolution),
            FeedForward(hidden_size, feed_forward_factor * hidden_size),
            in_features=in_features,
            norm=norm,
            dropout=dropout,
        )
        self.expansion, self.convolution, self.feed_forward_factor = expansion, convolution, feed_forward_factor
        self.positive, self.chrono = positive, chrono


class MinLSTMBlock(CausalBlock):
    """minLSTM in its paper's block: a convolution before it, a network after it (Feng et al., 2024, appendix).

    x + W minLSTM(convolution(norm(x))), then x + feed_forward(norm(x)).

    As ``MinGRUBlock``; ``forget_bias`` is the forget gate's first bias.

    >>> import torch
    >>> y, state = MinLSTMBlock(3, 4, forget_bias=2.0)(torch.zeros(1, 5, 3))
    >>> y.shape
    torch.Size([1, 5, 4])
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        expansion: int = 2,
        convolution: int = 4,
        feed_forward_factor: int = 4,
        positive: bool = False,
        forget_bias: float = 1.0,
        chrono: int | None = None,
        norm: NormKind = NormKind.RMS,
        dropout: float = 0.0,
    ) -> None:
        cell = MinLSTM(positive=positive, forget_bias=forget_bias, chrono=chrono)
        super().__init__(
            ConvolvedRecurrence(cell, hidden_size, expansion * hidden_size, convolution),
            FeedForward(hidden_size, feed_forward_factor * hidden_size),
            in_features=in_features,
            norm=norm,
            dropout=dropout,
        )
        self.expansion, self.convolution, self.feed_forward_factor = expansion, convolution, feed_forward_factor
        self.positive, self.forget_bias, self.chrono = positive, forget_bias, chrono
