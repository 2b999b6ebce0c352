"""Gated DeltaNet: a delta rule that also forgets, and its block (Yang et al., 2024b)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.kernels import note
from seqloom.layers.blocks.block import CausalBlock
from seqloom.layers.blocks.delta_net import DeltaMemory
from seqloom.layers.blocks.feed_forward import GatedFeedForward
from seqloom.layers.blocks.mixer import Advance, Mixer, Part
from seqloom.layers.blocks.selective_decay import SelectiveDecay
from seqloom.layers.heads import largest_fit
from seqloom.layers.norm import NormKind
from seqloom.layers.root_mean_square import RMSNorm

__all__ = ["GatedDeltaNet", "GatedDeltaNetBlock"]


class GatedDeltaNet(Mixer):
    """S_t = α_t (I - β_t k_t k_tᵀ) S_{t-1} + β_t k_t v_tᵀ,  y_t = W_O (norm(S_tᵀ q_t) ∘ silu(W_G x_t)).

    x (B, T, D) → y (B, T, D). As ``DeltaNet``, with a decay α that ``decay`` makes from ``forget`` x, one a head of
    ``heads``, and a ``gate`` W_G. Keys have ``key_size`` K (default: 3/4 D / ``heads``),
    values ``expansion`` · K; ``key_heads`` queries and keys (default: one a head) serve all the heads.

    ``heads`` default to 4, or the largest number below that ``key_heads`` divide.

    Source: Yang et al. (2024b), eq. 10 and sec. 3.4. Raises UsageError unless ``key_heads`` divides ``heads``.

    >>> y, state = GatedDeltaNet(8, heads=2)(torch.zeros(1, 5, 8))
    >>> y.shape, state[1].matrix.shape
    (torch.Size([1, 5, 8]), torch.Size([1, 2, 3, 6]))
    """

    def __init__(
        self,
        features: int,
        *,
        heads: int | None = None,
        key_heads: int | None = None,
        key_size: int | None = None,
        expansion: int = 2,
        convolution: int = 4,
    ) -> None:
        super().__init__()
        self.in_features = self.out_features = features
        heads = largest_fit(lambda n: n % (key_heads or 1) == 0) if heads is None else heads
        key_heads = heads if key_heads is None else key_heads
        if min(heads, key_heads, 1 if key_size is None else key_size) < 1:
            raise UsageError(f"heads, key_heads and key_size are at least 1; got {heads}, {key_heads}, {key_size}.")
        key_size = max(1, 3 * features // (4 * heads)) if key_size is None else key_size
        value_size = expansion * key_size
        self.delta = DeltaMemory(features, heads, key_heads, key_size, value_size, convolution)
        self.beta, self.forget = (nn.Linear(features, heads, bias=False) for _ in range(2))
        self.decay = SelectiveDecay(heads, lowest_rate=0.01)
        self.gate = nn.Linear(features, heads * value_size, bias=False)
        self.norm = RMSNorm(value_size)
        self.output = nn.Linear(heads * value_size, features, bias=False)

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.delta.convolution, self.delta.memory

    def mix(self, x: Tensor, advance: Advance) -> Tensor:
        log_decay, _ = self.decay(self.forget(x))
        read = self.delta(x, log_decay, torch.sigmoid(self.beta(x)), advance)
        gate = F.silu(self.gate(x))
        note(output_gate=gate)
        y: Tensor = self.output(self.norm(read).flatten(-2) * gate)
        return y


class GatedDeltaNetBlock(CausalBlock):
    """Gated DeltaNet in its block: a matrix memory that corrects and forgets, and a network (Yang et al., 2024b).

    x + gated_delta_net(norm(x)), then x + swiglu(norm(x)) (fig. 1).

    x (B, T, D) → y (B, T, H). The mixer has 6 H² weights and the network, of ``feed_forward_factor`` · H units, 8 H²;
    the other options are those of ``GatedDeltaNet``.

    >>> y, state = GatedDeltaNetBlock(3, 8, heads=2)(torch.zeros(1, 5, 3))
    >>> y.shape
    torch.Size([1, 5, 8])
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        heads: int | None = None,
        key_heads: int | None = None,
        key_size: int | None = None,
        expansion: int = 2,
        convolution: int = 4,
        feed_forward_factor: float = 8 / 3,
        norm: NormKind = NormKind.RMS,
        dropout: float = 0.0,
    ) -> None:
        mixer = GatedDeltaNet(
            hidden_size,
            heads=heads,
            key_heads=key_heads,
            key_size=key_size,
            expansion=expansion,
            convolution=convolution,
        )
        network = GatedFeedForward(hidden_size, round(feed_forward_factor * hidden_size))
        super().__init__(mixer, network, in_features=in_features, norm=norm, dropout=dropout)
        self.heads, self.key_heads, self.key_size = heads, key_heads, key_size
        self.expansion, self.convolution = expansion, convolution
        self.feed_forward_factor = feed_forward_factor
