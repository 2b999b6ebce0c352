"""The recurrent block of Hawk and Griffin: a gated branch, a convolution and the RG-LRU (De et al., 2024)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.cells.rg_lru import RGLRU
from seqloom.kernels import note
from seqloom.layers.blocks.block import CausalBlock
from seqloom.layers.blocks.feed_forward import Activation, GatedFeedForward
from seqloom.layers.blocks.mixer import Advance, Mixer
from seqloom.layers.blocks.short_convolution import ShortConvolution
from seqloom.layers.heads import check_heads, largest_fit
from seqloom.layers.norm import NormKind
from seqloom.layers.protocol import CausalLayer
from seqloom.layers.recurrent import Recurrent

__all__ = ["GatedRGLRU", "RGLRUBlock"]


class GatedRGLRU(Mixer):
    """y = W_out (GELU(W_gate x) ∘ RGLRU(convolution(W_in x))): x (B, T, D) → y (B, T, D) (De et al., 2024, fig. 2).

    ``gate`` is W_gate and ``branch`` is W_in, D → ``width``; ``output`` is W_out. GELU is its approximation by tanh, as
    in the authors' code. ``convolution`` is how many inputs the short convolution sees.

    >>> import torch
    >>> y, state = GatedRGLRU(RGLRU(heads=2), 4, width=6)(torch.zeros(1, 5, 4))
    >>> y.shape
    torch.Size([1, 5, 4])
    """

    def __init__(self, cell: RGLRU, features: int, width: int, convolution: int = 4) -> None:
        super().__init__()
        self.in_features = self.out_features = features
        self.gate = nn.Linear(features, width)
        self.branch = nn.Linear(features, width)
        self.convolution = ShortConvolution(width, convolution)
        self.recurrence = Recurrent(cell, width, width)
        self.output = nn.Linear(width, features)

    @property
    def parts(self) -> tuple[CausalLayer, ...]:
        return self.convolution, self.recurrence

    def mix(self, x: Tensor, advance: Advance) -> Tensor:
        h = advance(self.recurrence, advance(self.convolution, self.branch(x)))
        gate = F.gelu(self.gate(x), approximate="tanh")
        note(branch_gate=gate)
        y: Tensor = self.output(gate * h)
        return y


class RGLRUBlock(CausalBlock):
    """RG-LRU in the residual block of Hawk and Griffin: a diagonal recurrence with gates (De et al., 2024, sec. 2).

    x + GatedRGLRU(norm(x)), then x + GeGLU(norm(x)).

    x (B, T, D) → y (B, T, H). The recurrence has ``width`` units (default: H; the paper has about 4/3 H), its gates
    ``heads`` blocks (default: 4, or the largest number below that divides the units); the network has
    ``feed_forward_factor`` · H units. ``r_min`` and ``r_max`` bound the first decay a^c.

    >>> import torch
    >>> y, state = RGLRUBlock(3, 8)(torch.zeros(1, 5, 3))
    >>> y.shape
    torch.Size([1, 5, 8])
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        width: int | None = None,
        heads: int | None = None,
        convolution: int = 4,
        feed_forward_factor: int = 3,
        r_min: float = 0.9,
        r_max: float = 0.999,
        norm: NormKind = NormKind.RMS,
        dropout: float = 0.0,
    ) -> None:
        units = hidden_size if width is None else width
        shared = largest_fit(lambda n: units % n == 0) if heads is None else heads
        check_heads(units, shared)
        super().__init__(
            GatedRGLRU(RGLRU(heads=shared, r_min=r_min, r_max=r_max), hidden_size, units, convolution),
            GatedFeedForward(hidden_size, feed_forward_factor * hidden_size, Activation.GELU),
            in_features=in_features,
            norm=norm,
            dropout=dropout,
        )
        self.width, self.heads, self.convolution = width, heads, convolution
        self.feed_forward_factor = feed_forward_factor
        self.r_min, self.r_max = r_min, r_max
