"""DeltaNet: linear attention that corrects its memory, and its block (Yang et al., 2024a)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.kernels.matrix_state import delta_rule
from seqloom.layers.blocks.block import CausalBlock
from seqloom.layers.blocks.feed_forward import GatedFeedForward
from seqloom.layers.blocks.matrix_memory import MatrixMemory
from seqloom.layers.blocks.mixer import Advance, Mixer, Part
from seqloom.layers.blocks.short_convolution import ShortConvolution
from seqloom.layers.heads import check_heads, largest_fit, split_heads
from seqloom.layers.norm import NormKind
from seqloom.layers.root_mean_square import RMSNorm

__all__ = ["DeltaMemory", "DeltaNet", "DeltaNetBlock"]


class DeltaMemory(nn.Module):
    """What DeltaNet and gated DeltaNet share: the delta rule over q, k, v = silu(convolution(W x)).

    In each head q and k are scaled to length 1.
    ``key_heads`` queries and keys of ``key_size`` K serve ``heads`` N matrices, N / ``key_heads`` each.
    """

    def __init__(
        self, features: int, heads: int, key_heads: int, key_size: int, value_size: int, convolution: int
    ) -> None:
        super().__init__()
        check_heads(heads * value_size, heads, key_heads)
        self.heads, self.key_heads = heads, key_heads
        self.sizes = (key_heads * key_size, key_heads * key_size, heads * value_size)
        self.input = nn.Linear(features, sum(self.sizes), bias=False)
        self.convolution = ShortConvolution(sum(self.sizes), convolution, bias=False)
        self.memory = MatrixMemory(delta_rule, heads, key_size, value_size)

    def forward(self, x: Tensor, log_decay: Tensor, beta: Tensor, advance: Advance) -> Tensor:
        """x (…, D), ``log_decay`` and ``beta`` (…, N) → what the memory gives (…, N, V)."""
        mixed = F.silu(advance(self.convolution, self.input(x)))
        queries, keys, values = mixed.split(self.sizes, -1)
        queries, keys = (
            _unit_length(split_heads(one, self.key_heads)).repeat_interleave(self.heads // self.key_heads, -2)
            for one in (queries, keys)
        )
        queries = queries * queries.shape[-1] ** -0.5
        return advance(self.memory, (queries, keys, split_heads(values, self.heads), log_decay, beta))


class DeltaNet(Mixer):
    """S_t = (I - β_t k_t k_tᵀ) S_{t-1} + β_t k_t v_tᵀ,  y_t = W_O norm(S_tᵀ q_t) (Yang et al., 2024a).

    x (B, T, D) → y (B, T, D). Queries, keys and values (``delta.input``, D → 3 D) pass through a ``convolution``
    and silu, queries and keys are scaled to length 1; β = σ(``beta`` x), one a head of ``heads``; each head's
    output is normalised with ``norm``. ``heads`` default to 4, or the largest number below that
    divides D. Raises UsageError unless they do.

    >>> y, state = DeltaNet(8, heads=2)(torch.zeros(1, 5, 8))
    >>> y.shape, state[1].matrix.shape
    (torch.Size([1, 5, 8]), torch.Size([1, 2, 4, 4]))
    """

    def __init__(self, features: int, *, heads: int | None = None, convolution: int = 4) -> None:
        super().__init__()
        heads = largest_fit(lambda n: features % n == 0) if heads is None else heads
        check_heads(features, heads)
        self.in_features, self.out_features, size = features, features, features // heads
        self.delta = DeltaMemory(features, heads, heads, size, size, convolution)
        self.beta = nn.Linear(features, heads, bias=False)
        self.norm = RMSNorm(size)
        self.output = nn.Linear(features, features, bias=False)

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.delta.convolution, self.delta.memory

    def mix(self, x: Tensor, advance: Advance) -> Tensor:
        beta = torch.sigmoid(self.beta(x))
        read = self.delta(x, torch.zeros_like(beta), beta, advance)
        y: Tensor = self.output(self.norm(read).flatten(-2))
        return y


class DeltaNetBlock(CausalBlock):
    """DeltaNet in its block: a matrix memory that corrects what it holds, and a network (Yang et al., 2024a).

    x + delta_net(norm(x)), then x + swiglu(norm(x)).

    x (B, T, D) → y (B, T, H). The network has ``feed_forward_factor`` · H units, so that a block has 12 H² weights; the
    other options are those of ``DeltaNet``.

    >>> y, state = DeltaNetBlock(3, 8, heads=2)(torch.zeros(1, 5, 3))
    >>> y.shape
    torch.Size([1, 5, 8])
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        heads: int | None = None,
        convolution: int = 4,
        feed_forward_factor: float = 8 / 3,
        norm: NormKind = NormKind.RMS,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(
            DeltaNet(hidden_size, heads=heads, convolution=convolution),
            GatedFeedForward(hidden_size, round(feed_forward_factor * hidden_size)),
            in_features=in_features,
            norm=norm,
            dropout=dropout,
        )
        self.heads, self.convolution = heads, convolution
        self.feed_forward_factor = feed_forward_factor


def _unit_length(x: Tensor) -> Tensor:
    """x / sqrt(Σ x² + 1e-6), so that zeros stay zeros."""
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True) + 1e-6)
