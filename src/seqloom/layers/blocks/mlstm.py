"""The mLSTM and its block: an up-projected branch with a matrix memory under exponential gates (Beck et al., 2024)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.kernels import note
from seqloom.kernels.matrix_state import ExponentialState, exponential_gates
from seqloom.layers.blocks.block import CausalBlock
from seqloom.layers.blocks.block_diagonal import BlockDiagonal
from seqloom.layers.blocks.matrix_memory import wide
from seqloom.layers.blocks.mixer import Advance, Mixer, Part
from seqloom.layers.blocks.short_convolution import ShortConvolution
from seqloom.layers.heads import largest_fit, normed_heads
from seqloom.layers.norm import NormKind
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import check_leaf, check_parts

__all__ = ["MLSTM", "ExponentialMemory", "MLSTMBlock"]


class ExponentialMemory(nn.Module):
    """The state of the mLSTM as a part of a mixer: ``heads`` N memories of ``size`` K by K, all 0 at first.

    It reads queries, keys and values (B, T, N, K) and the logarithms of both gates (B, T, N), and gives (B, T, N, K).
    Beyond a row's length nothing is written and nothing forgotten. The state and the arithmetic are float32 at least.

    >>> ExponentialMemory(heads=2, size=3).initial_state(5).memory.shape
    torch.Size([5, 2, 3, 3])
    """

    zero: Tensor

    def __init__(self, heads: int, size: int) -> None:
        super().__init__()
        self.heads, self.size = heads, size
        self.register_buffer("zero", torch.zeros(()), persistent=False)  # knows the device and the number format

    def initial_state(self, batch_size: int) -> ExponentialState:
        """Zeros, float32 at least."""
        shape, zero = (batch_size, self.heads, self.size), wide(self.zero)
        return ExponentialState(*(zero.new_zeros(each) for each in ((*shape, self.size), shape, shape[:2])))

    def forward(
        self, sequences: tuple[Tensor, ...], state: Any, lengths: Tensor | None
    ) -> tuple[Tensor, ExponentialState]:
        """The recurrence over whole sequences, from and to a state."""
        q, k, v, log_input, log_forget = (wide(real_steps_only(sequence, lengths)) for sequence in sequences)
        if lengths is not None:
            steps = torch.arange(log_input.shape[1], device=log_input.device)
            padded = steps >= lengths.to(log_input.device)[:, None]
            log_input = log_input.masked_fill(padded[..., None], -torch.inf)
        y, after = exponential_gates(q, k, v, log_input, log_forget, state=self._checked(state))
        return y.to(self.zero.dtype), after

    def step(self, inputs: tuple[Tensor, ...], state: Any) -> tuple[Tensor, ExponentialState]:
        """One step of the recurrence."""
        y, after = exponential_gates.one_step(*map(wide, inputs), state=self._checked(state))
        return y.to(self.zero.dtype), after

    def _checked(self, state: Any) -> ExponentialState:
        memory, normaliser, maximum = check_parts(self, state, 3)
        check_leaf(self, memory, self.heads, self.size, self.size)
        check_leaf(self, normaliser, self.heads, self.size)
        check_leaf(self, maximum, self.heads)
        return ExponentialState(*map(wide, state))


class MLSTM(Mixer):
    """The mLSTM with its projections (Beck et al., 2024, eq. 19 to 27 and fig. 10): x (B, T, D) → y (B, T, D).

    u, z = W_up x, of E = ``expansion`` D features each;  c = SiLU(convolution(u));
    q = W_q c, k = W_k c / sqrt(K), v = W_v u, maps in blocks of ``block`` features;  log i, log f = gates of (q, k, v);
    h = memory(q, k, v, i, f) in ``heads`` N heads of size K = E / N;
    y = W_down ((norm(h) + skip ∘ c) ∘ SiLU(z)), each head normalised by itself.

    ``heads`` and ``block`` default to 4, or the largest number below that divides E.
    The gates' maps begin at 0, their biases at N(0, 0.1²) for i and from 3 to 6 over the heads for f, as in the
    authors' code; ``up``, ``down`` and the blocks at N(0, 2 / (5 D)).

    >>> y, state = MLSTM(8, heads=2)(torch.zeros(1, 5, 8))
    >>> y.shape, state[1].memory.shape
    (torch.Size([1, 5, 8]), torch.Size([1, 2, 8, 8]))
    """

    def __init__(
        self,
        features: int,
        *,
        heads: int | None = None,
        expansion: int = 2,
        convolution: int = 4,
        block: int | None = None,
    ) -> None:
        super().__init__()
        inner = expansion * features
        heads = largest_fit(lambda n: inner % n == 0) if heads is None else heads
        block = largest_fit(lambda n: inner % n == 0) if block is None else block
        if heads < 1 or inner % heads or block < 1 or inner % block:
            raise UsageError(f"{inner} inner features cannot be cut into heads={heads} and into blocks of {block}.")
        self.in_features = self.out_features = features
        self.heads = heads
        self.up = nn.Linear(features, 2 * inner, bias=False)
        self.convolution = ShortConvolution(inner, convolution)
        self.query, self.key, self.value = (BlockDiagonal(inner, inner // block) for _ in range(3))
        self.input_gate, self.forget_gate = (nn.Linear(3 * inner, heads) for _ in range(2))
        self.memory = ExponentialMemory(heads, inner // heads)
        self.norm_scale = nn.Parameter(torch.ones(inner))
        self.skip = nn.Parameter(torch.ones(inner))
        self.down = nn.Linear(inner, features, bias=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """The first values of the projections and gates."""
        for projection in (self.up, self.query, self.key, self.value, self.down):
            nn.init.normal_(projection.weight, std=(2 / (5 * self.in_features)) ** 0.5)
        for gate in (self.input_gate, self.forget_gate):
            nn.init.zeros_(gate.weight)
        nn.init.normal_(self.input_gate.bias, std=0.1)
        with torch.no_grad():
            self.forget_gate.bias.copy_(torch.linspace(3, 6, self.heads))

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.convolution, self.memory

    def mix(self, x: Tensor, advance: Advance) -> Tensor:
        u, z = self.up(x).chunk(2, -1)
        c = F.silu(advance(self.convolution, u))
        q, k, v = self.query(c), self.key(c), self.value(u)
        qkv = torch.cat([q, k, v], -1)
        log_input, log_forget = self.input_gate(qkv), F.logsigmoid(self.forget_gate(qkv))
        q, k, v = (part.unflatten(-1, (self.heads, -1)) for part in (q, k * self.memory.size**-0.5, v))
        h = advance(self.memory, (q, k, v, log_input, log_forget))
        gate = F.silu(z)
        note(output_gate=gate)
        y: Tensor = self.down((self.norm_scale * normed_heads(h) + self.skip * c) * gate)
        return y


class MLSTMBlock(CausalBlock):
    """mLSTM in its xLSTM block: a matrix memory behind exponential gates (Beck et al., 2024, fig. 10).

    x + mLSTM(norm(x)), with the projection before the memory.

    x (B, T, D) → y (B, T, H); ``heads``, ``expansion``, ``convolution`` and ``block`` are those of ``MLSTM``.

    >>> y, state = MLSTMBlock(3, 8)(torch.zeros(1, 5, 3))
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
        convolution: int = 4,
        block: int | None = None,
        norm: NormKind = NormKind.LAYER,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(
            MLSTM(hidden_size, heads=heads, expansion=expansion, convolution=convolution, block=block),
            in_features=in_features,
            norm=norm,
            dropout=dropout,
        )
        self.heads, self.expansion, self.convolution, self.block = heads, expansion, convolution, block
