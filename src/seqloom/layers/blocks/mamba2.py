"""Mamba-2: a selective state space with one decay a head, and its block (Dao & Gu, 2024)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.kernels import note
from seqloom.kernels.matrix_state import scalar_decay
from seqloom.layers.blocks.block import CausalBlock
from seqloom.layers.blocks.matrix_memory import MatrixMemory
from seqloom.layers.blocks.mixer import Advance, Mixer, Part
from seqloom.layers.blocks.selective_decay import SelectiveDecay
from seqloom.layers.blocks.short_convolution import ShortConvolution
from seqloom.layers.heads import largest_fit, split_heads
from seqloom.layers.norm import NormKind

__all__ = ["Mamba2", "Mamba2Block"]


class Mamba2(Mixer):
    """h_t = exp(Δ_t A) h_{t-1} + Δ_t B_t x_tᵀ,  y_t = W_O norm((h_tᵀ C_t + D x_t) ∘ silu(z_t)).

    u (B, T, D) → y (B, T, D). ``input`` makes z and x (``expansion`` · D each), B and C (``groups`` · ``state_size``
    each) and one Δ a head from u; x, B and C pass through a ``convolution`` and silu; ``decay`` holds A
    and the bias of Δ, D is ``skip``, one number a head. A head has ``head_size`` values (default: 64, or
    the largest number below that fits); ``groups`` of heads share B and C, and are normalised each by itself.

    Source: Dao & Gu (2024), sec. 7. D begins as 1. Raises UsageError unless the heads and the groups divide what they
    share.

    >>> y, state = Mamba2(8, state_size=4, head_size=4)(torch.zeros(1, 5, 8))
    >>> y.shape, state[1].matrix.shape
    (torch.Size([1, 5, 8]), torch.Size([1, 4, 4, 4]))
    """

    def __init__(
        self,
        features: int,
        *,
        state_size: int = 128,
        head_size: int | None = None,
        groups: int = 1,
        expansion: int = 2,
        convolution: int = 4,
    ) -> None:
        super().__init__()
        inner = expansion * features
        if head_size is None:
            head_size = largest_fit(lambda n: inner % (n * max(groups, 1)) == 0, min(64, inner))
        self.heads, self.groups = inner // max(head_size, 1), groups
        if head_size < 1 or inner % head_size or groups < 1 or self.heads % groups:
            raise UsageError(
                f"{inner} values cannot be split into {groups} groups of heads of {head_size}: "
                f"head_size must divide them, and groups the number of heads."
            )
        self.in_features = self.out_features = features
        self.sizes = (inner, groups * state_size, groups * state_size)  # of x, B and C
        self.input = nn.Linear(features, inner + sum(self.sizes) + self.heads, bias=False)
        self.convolution = ShortConvolution(sum(self.sizes), convolution)
        self.memory = MatrixMemory(scalar_decay, self.heads, state_size, head_size)
        self.decay = SelectiveDecay(self.heads)
        self.skip, self.scale = nn.Parameter(torch.ones(self.heads)), nn.Parameter(torch.ones(inner))
        self.output = nn.Linear(inner, features, bias=False)

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.convolution, self.memory

    def mix(self, x: Tensor, advance: Advance) -> Tensor:
        gate, inputs, step = self.input(x).split([self.sizes[0], sum(self.sizes), self.heads], -1)
        inputs, keys, queries = F.silu(advance(self.convolution, inputs)).split(self.sizes, -1)
        inputs = split_heads(inputs, self.heads)
        log_decay, step = self.decay(step)
        note(step_size=step)
        keys, queries = split_heads(keys, self.groups), split_heads(queries, self.groups)
        read = advance(self.memory, (queries, keys, step[..., None] * inputs, log_decay))
        return self._output(read + self.skip[:, None] * inputs, gate)

    def _output(self, read: Tensor, gate: Tensor) -> Tensor:
        gate = F.silu(gate)
        note(output_gate=gate)
        gated = split_heads(read.flatten(-2) * gate, self.groups)
        y: Tensor = self.output(self.scale * F.rms_norm(gated, gated.shape[-1:], eps=1e-5).flatten(-2))
        return y


class Mamba2Block(CausalBlock):
    """Mamba-2's block: a matrix memory whose decay each step chooses, and no network (Dao & Gu, 2024, sec. 7.1).

    x + mamba2(norm(x)): x (B, T, D) → y (B, T, H); the options are those of ``Mamba2``.

    >>> y, state = Mamba2Block(3, 8, state_size=4)(torch.zeros(1, 5, 3))
    >>> y.shape
    torch.Size([1, 5, 8])
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        state_size: int = 128,
        head_size: int | None = None,
        groups: int = 1,
        expansion: int = 2,
        convolution: int = 4,
        norm: NormKind = NormKind.RMS,
        dropout: float = 0.0,
    ) -> None:
        mixer = Mamba2(
            hidden_size,
            state_size=state_size,
            head_size=head_size,
            groups=groups,
            expansion=expansion,
            convolution=convolution,
        )
        super().__init__(mixer, in_features=in_features, norm=norm, dropout=dropout)
        self.state_size, self.head_size, self.groups = state_size, head_size, groups
        self.expansion, self.convolution = expansion, convolution
