"""Attention of a decoder to an encoder's outputs, its memory, whose keys and values are computed once.

Axes: B batch, T time, S memory steps, D features, N heads, M key heads, K = D / N head size.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.kernels.transforms import known_to_torch
from seqloom.layers.attention.dot_product import attend, attention_weights
from seqloom.layers.dropout import check_dropout
from seqloom.layers.heads import check_heads, largest_fit
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, check_sequence, check_state
from seqloom.layers.residual_initialisation import initialise_residual
from seqloom.layers.state import lengthened

__all__ = ["CrossAttention", "ProjectedMemory"]


@known_to_torch
class ProjectedMemory(NamedTuple):
    """Keys and values (B, S, M, K) of an encoder's outputs, ``lengths`` (B,) of them real; no step changes them."""

    keys: Tensor
    values: Tensor
    lengths: Tensor

    @property
    def room(self) -> int:
        """S."""
        return self.keys.shape[1]

    def with_room(self, room: int) -> ProjectedMemory:
        """The same, with zeros after it up to ``room`` steps."""
        return ProjectedMemory(lengthened(self.keys, room), lengthened(self.values, room), self.lengths)


class CrossAttention(CausalLayer):
    """Multi-head attention from each step to all of a memory (Vaswani et al., 2017, sec. 3.2.3).

    y_t = W_o [head_1 … head_N]: x (B, T, D) → y (B, T, D); the memory (B, S, ``memory_features``) enters through
    ``initial_state``. ``heads`` N share ``key_heads`` M keys and values (default: one each). ``dropout`` is the share
    of attention weights dropped in training. A row whose memory is empty gets 0. Raises UsageError where the sizes do
    not divide, or without a memory.

    >>> layer = CrossAttention(8, memory_features=6, heads=2)
    >>> state = layer.initial_state(3, memory=torch.randn(3, 7, 6))
    >>> y, state = layer(torch.zeros(3, 5, 8), state)
    >>> y.shape, state.keys.shape
    (torch.Size([3, 5, 8]), torch.Size([3, 7, 2, 4]))
    """

    def __init__(
        self,
        features: int,
        memory_features: int,
        heads: int | None = None,
        *,
        key_heads: int | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if heads is None:
            heads = largest_fit(lambda n: features % n == n % (key_heads or 1) == 0)
        self.key_heads = heads if key_heads is None else key_heads
        check_heads(features, heads, self.key_heads)
        self.head_size = features // heads
        self.in_features = self.out_features = features
        self.memory_features, self.heads, self.dropout = memory_features, heads, check_dropout(dropout)
        self.query = nn.Linear(features, features, bias=False)
        self.key_and_value = nn.Linear(memory_features, 2 * self.key_heads * self.head_size, bias=False)
        self.output = nn.Linear(features, features, bias=False)
        initialise_residual([self.query, self.key_and_value], self.output)

    def initial_state(
        self, batch_size: int, memory: Tensor | None = None, memory_lengths: Tensor | None = None
    ) -> ProjectedMemory:
        """The keys and values of ``memory`` (B, S, E), ``memory_lengths`` (B,) of its steps real (default: all)."""
        shape = "nothing" if memory is None else tuple(memory.shape)
        if memory is None or memory.ndim != 3 or memory.shape[::2] != (batch_size, self.memory_features):
            raise UsageError(
                f"{type(self).__name__} expected a memory of shape ({batch_size}, S, {self.memory_features}); "
                f"got {shape}. Begin with layer.initial_state(batch_size, memory=…)."
            )
        memory_lengths = check_sequence(self, memory, self.memory_features, memory_lengths)
        projected = self.key_and_value(real_steps_only(memory, memory_lengths))
        keys, values = projected.unflatten(-1, (2, self.key_heads, self.head_size)).unbind(2)
        if memory_lengths is None:
            memory_lengths = torch.full((batch_size,), memory.shape[1])
        return ProjectedMemory(keys, values, memory_lengths.to(memory.device))

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, ProjectedMemory]:
        """x (B, T, D) → y (B, T, D), and the memory as it was."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        memory = self.initial_state(x.shape[0]) if state is None else state
        check_state(self, memory, x.shape[0], ProjectedMemory)
        query, keys, there = self._asked(real_steps_only(x, lengths), memory)
        dropout = self.dropout if self.training else 0.0
        y = attend(query, keys, memory.values.transpose(1, 2), there, dropout=dropout).transpose(1, 2).flatten(2)
        return real_steps_only(self.output(y), lengths), memory

    def alignments(self, x: Tensor, state: Any, lengths: Tensor | None = None) -> Tensor:
        """The weights (B, T, S) with which each step of x reads each step of the memory, the mean over the heads."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        check_state(self, state, x.shape[0], ProjectedMemory)
        weights = attention_weights(*self._asked(real_steps_only(x, lengths), state))
        return real_steps_only(weights.mean(1), lengths)

    def _asked(self, x: Tensor, memory: ProjectedMemory) -> tuple[Tensor, Tensor, Tensor]:
        """Queries (B, N, T, K), keys (B, M, S, K), and which keys are there (B, 1, 1, S)."""
        query = self.query(x).unflatten(-1, (self.heads, self.head_size)).transpose(1, 2)
        there = torch.arange(memory.keys.shape[1], device=x.device) < memory.lengths[:, None]
        return query, memory.keys.transpose(1, 2), there[:, None, None]
