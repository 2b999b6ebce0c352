"""RetNet: retention at several fixed decays, and its block (Sun et al., 2023)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.kernels import note
from seqloom.kernels.matrix_state import scalar_decay
from seqloom.layers.attention.positions import Positions
from seqloom.layers.blocks.block import CausalBlock
from seqloom.layers.blocks.feed_forward import FeedForward
from seqloom.layers.blocks.matrix_memory import MatrixMemory
from seqloom.layers.blocks.mixer import Advance, Mixer, Part
from seqloom.layers.blocks.rotation import Rotation
from seqloom.layers.heads import check_heads, largest_fit, normed_heads, split_heads
from seqloom.layers.norm import NormKind

__all__ = ["RetNetBlock", "Retention"]


class Retention(Mixer):
    """S_t = γ_h S_{t-1} + k_t v_tᵀ,  y_t = W_O (swish(W_G x_t) ∘ norm(S_tᵀ q_t)) (Sun et al., 2023, eq. 6 to 8).

    x (B, T, D) → y (B, T, D). Head h of ``heads`` has the fixed decay γ_h = 1 - 2^{-5-h}. Queries and keys (``query``,
    ``key``, D → D) are turned by their position, keys divided by sqrt(K); ``value`` and ``gate`` (D → ``expansion`` D);
    each head's output is normalised by itself; ``output`` is W_O. Weights begin as in the authors' code.
    ``heads`` default to 4, or the largest number below that divides D (into even parts if D is even).
    Raises UsageError unless the heads divide D so.

    >>> y, state = Retention(8, heads=2)(torch.zeros(1, 5, 8))
    >>> y.shape, state[0].steps, state[1].matrix.shape
    (torch.Size([1, 5, 8]), tensor([5]), torch.Size([1, 2, 4, 8]))
    """

    log_decay: Tensor

    def __init__(self, features: int, *, heads: int | None = None, expansion: int = 2) -> None:
        super().__init__()
        heads = largest_fit(lambda n: Positions.ROTARY.fit(features, n)) if heads is None else heads
        check_heads(features, heads)
        self.in_features = self.out_features = features
        self.heads, size = heads, features // heads
        self.query, self.key = (nn.Linear(features, features, bias=False) for _ in range(2))
        self.value, self.gate = (nn.Linear(features, expansion * features, bias=False) for _ in range(2))
        self.output = nn.Linear(expansion * features, features, bias=False)
        self.rotation = Rotation(heads, size)
        self.memory = MatrixMemory(scalar_decay, heads, size, expansion * size)
        decays = torch.tensor([math.log1p(-(2.0 ** (-5 - head))) for head in range(heads)])
        self.register_buffer("log_decay", decays, persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Glorot's uniform weights, shrunk as in the authors' code."""
        for linear in (self.query, self.key, self.value, self.gate):
            nn.init.xavier_uniform_(linear.weight, gain=2**-2.5)
        nn.init.xavier_uniform_(self.output.weight, gain=2**-1)

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.rotation, self.memory

    def mix(self, x: Tensor, advance: Advance) -> Tensor:
        size = self.in_features // self.heads
        queries, keys, values = (split_heads(map_(x), self.heads) for map_ in (self.query, self.key, self.value))
        turned = advance(self.rotation, torch.cat([queries, keys * size**-0.5], -2))
        queries, keys = turned.chunk(2, -2)
        read = advance(self.memory, (queries, keys, values, self.log_decay.expand(values.shape[:-1])))
        gate = F.silu(self.gate(x))
        note(output_gate=gate)
        y: Tensor = self.output(gate * normed_heads(read))
        return y


class RetNetBlock(CausalBlock):
    """RetNet's block: retention, a matrix memory with fixed decays, and a network (Sun et al., 2023, sec. 2.4).

    x + retention(norm(x)), then x + W₂ gelu(W₁ norm(x)).

    x (B, T, D) → y (B, T, H). With ``expansion`` 2 for values and gate, and ``feed_forward_factor`` · H = 2 H units in
    the network, its maps have 12 H² weights, as many as a Transformer's.

    >>> y, state = RetNetBlock(3, 8, heads=2)(torch.zeros(1, 5, 3))
    >>> y.shape
    torch.Size([1, 5, 8])
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        heads: int | None = None,
        expansion: int = 2,
        feed_forward_factor: int = 2,
        norm: NormKind = NormKind.LAYER,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(
            Retention(hidden_size, heads=heads, expansion=expansion),
            FeedForward(hidden_size, feed_forward_factor * hidden_size, bias=False),
            in_features=in_features,
            norm=norm,
            dropout=dropout,
        )
        self.heads, self.expansion, self.feed_forward_factor = heads, expansion, feed_forward_factor
