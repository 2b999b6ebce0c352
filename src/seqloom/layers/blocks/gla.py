"""Gated linear attention: a decay for every feature of a key, and its block (Yang et al., 2023)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.kernels import note
from seqloom.kernels.matrix_state import vector_decay
from seqloom.layers.blocks.block import CausalBlock
from seqloom.layers.blocks.feed_forward import GatedFeedForward
from seqloom.layers.blocks.matrix_memory import MatrixMemory
from seqloom.layers.blocks.mixer import Advance, Mixer, Part
from seqloom.layers.heads import largest_fit, split_heads
from seqloom.layers.norm import NormKind
from seqloom.layers.root_mean_square import RMSNorm

__all__ = ["GLABlock", "GatedLinearAttention"]


class GatedLinearAttention(Mixer):
    """S_t = diag(α_t) S_{t-1} + k_t v_tᵀ,  y_t = W_O (silu(W_R x_t + b_R) ∘ norm(S_tᵀ q_t)).

    x (B, T, D) → y (B, T, D). Queries and keys have D // 2 features together (``query``, ``key``), values D
    (``value``), shared out among ``heads``; queries are divided by sqrt(K). The decay α = σ(W₂ W₁ x + b)^{1/16} has as
    many features as the keys, through ``rank`` (``squeeze`` is W₁, ``decay`` W₂); each head's output is normalised
    with ``norm``; ``gate`` is W_R, ``output`` W_O. Source: Yang et al. (2023), sec. 4.

    ``heads`` default to 4, or the largest number below that fits. Raises UsageError unless they divide D and D // 2.

    >>> import torch
    >>> y, state = GatedLinearAttention(8, heads=2)(torch.zeros(1, 5, 8))
    >>> y.shape, state[0].matrix.shape
    (torch.Size([1, 5, 8]), torch.Size([1, 2, 2, 4]))
    """

    temperature = 16

    def __init__(self, features: int, *, heads: int | None = None, rank: int = 16) -> None:
        super().__init__()
        keys = features // 2
        heads = largest_fit(lambda n: features % n == keys % n == 0) if heads is None else heads
        if heads < 1 or features % heads or keys % heads or not keys:
            raise UsageError(f"{heads} heads cannot share the half of {features} features, which keys have.")
        self.in_features = self.out_features = features
        self.heads = heads
        self.query, self.key = (nn.Linear(features, keys, bias=False) for _ in range(2))
        self.squeeze = nn.Linear(features, rank, bias=False)
        self.decay = nn.Linear(rank, keys)
        self.value = nn.Linear(features, features, bias=False)
        self.memory = MatrixMemory(vector_decay, heads, keys // heads, features // heads)
        self.norm = RMSNorm(features // heads)
        self.gate = nn.Linear(features, features)
        self.output = nn.Linear(features, features, bias=False)

    @property
    def parts(self) -> tuple[Part, ...]:
        return (self.memory,)

    def mix(self, x: Tensor, advance: Advance) -> Tensor:
        log_decay = F.logsigmoid(self.decay(self.squeeze(x))) / self.temperature
        sequences = self.query(x), self.key(x), self.value(x), log_decay
        queries, *others = (split_heads(sequence, self.heads) for sequence in sequences)
        read = advance(self.memory, (queries * queries.shape[-1] ** -0.5, *others))
        gate = F.silu(self.gate(x))
        note(output_gate=gate)
        y: Tensor = self.output(gate * self.norm(read).flatten(-2))
        return y


class GLABlock(CausalBlock):
    """Gated linear attention in its block: a decay for each feature of a key, and a network (Yang et al., 2023).

    x + gated_linear_attention(norm(x)), then x + swiglu(norm(x)) (sec. 4.4).

    x (B, T, D) → y (B, T, H). The mixer has 4 H² weights, and the network, of ``feed_forward_factor`` · H units, 8 H²;
    the other options are those of ``GatedLinearAttention``.

    >>> import torch
    >>> y, state = GLABlock(3, 8, heads=2)(torch.zeros(1, 5, 3))
    >>> y.shape
    torch.Size([1, 5, 8])
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        heads: int | None = None,
        rank: int = 16,
        feed_forward_factor: float = 8 / 3,
        norm: NormKind = NormKind.RMS,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(
            GatedLinearAttention(hidden_size, heads=heads, rank=rank),
            GatedFeedForward(hidden_size, round(feed_forward_factor * hidden_size)),
            in_features=in_features,
            norm=norm,
            dropout=dropout,
        )
        self.heads, self.rank = heads, rank
        self.feed_forward_factor = feed_forward_factor
