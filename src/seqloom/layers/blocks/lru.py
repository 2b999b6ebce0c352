"""The block of the linear recurrent unit: recurrence, GELU, gated linear unit, residual path (Orvieto et al., 2023)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.cells.lru import LRU
from seqloom.layers.blocks.block import CausalBlock
from seqloom.layers.blocks.mixer import Advance, Mixer
from seqloom.layers.norm import NormKind
from seqloom.layers.protocol import CausalLayer
from seqloom.layers.recurrent import Recurrent

__all__ = ["GatedLRU", "LRUBlock"]


class GatedLRU(Mixer):
    """v = GELU(LRU(x));  y = (W v + b) ∘ σ(V v + c): x (B, T, D) → y (B, T, D), over ``units`` complex units.

    ``value`` is W, b and ``gate`` is V, c, a gated linear unit (Dauphin et al., 2017).

    >>> import torch
    >>> y, state = GatedLRU(LRU(), 4, units=6)(torch.zeros(1, 5, 4))
    >>> y.shape
    torch.Size([1, 5, 4])
    """

    def __init__(self, cell: LRU, features: int, units: int) -> None:
        super().__init__()
        self.in_features = self.out_features = features
        self.recurrence = Recurrent(cell, features, units)
        self.value = nn.Linear(units, features)
        self.gate = nn.Linear(units, features)

    @property
    def parts(self) -> tuple[CausalLayer, ...]:
        return (self.recurrence,)

    def mix(self, x: Tensor, advance: Advance) -> Tensor:
        v = F.gelu(advance(self.recurrence, x))
        y: Tensor = self.value(v) * torch.sigmoid(self.gate(v))
        return y


class LRUBlock(CausalBlock):
    """Linear recurrent unit (LRU) in its paper's block: complex, diagonal, gated after (Orvieto et al., 2023, fig. 1).

    x + GatedLRU(norm(x)): x (B, T, D) → y (B, T, H). ``units`` is the number of complex units (default: H). Their
    eigenvalues begin on the ring between ``r_min`` and ``r_max``, with angles up to ``max_phase``: near 1 and small for
    long memories (sec. 3.4). The paper normalises over the batch, which no stream can do; here each step is normalised,
    by "layer" at first.

    >>> import torch
    >>> y, state = LRUBlock(3, 4, r_min=0.9, r_max=0.999)(torch.zeros(1, 5, 3))
    >>> y.shape
    torch.Size([1, 5, 4])
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        units: int | None = None,
        r_min: float = 0.0,
        r_max: float = 1.0,
        max_phase: float = 2 * math.pi,
        norm: NormKind = NormKind.LAYER,
        dropout: float = 0.0,
    ) -> None:
        cell = LRU(r_min=r_min, r_max=r_max, max_phase=max_phase)
        super().__init__(
            GatedLRU(cell, hidden_size, hidden_size if units is None else units),
            in_features=in_features,
            norm=norm,
            dropout=dropout,
        )
        self.units, self.r_min, self.r_max, self.max_phase = units, r_min, r_max, max_phase
