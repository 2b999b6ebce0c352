"""The Transformer's decoder: it looks back at its own steps, and at an encoder's outputs (Vaswani et al., 2017, 3.1).

Axes: B batch, T time, D features, H hidden, S memory steps, E memory features.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from torch import Tensor

from seqloom.kernels.transforms import known_to_torch
from seqloom.layers.attention.cross_attention import CrossAttention, ProjectedMemory
from seqloom.layers.attention.positions import Positions
from seqloom.layers.attention.self_attention import CausalSelfAttention
from seqloom.layers.blocks.block import CausalBlock, Placement
from seqloom.layers.blocks.transformer import FeedForwardKind
from seqloom.layers.decoders.decoder import Decoder
from seqloom.layers.norm import NormKind
from seqloom.layers.protocol import check_parts, check_sequence, check_state
from seqloom.layers.stack import CausalStack

__all__ = ["TransformerDecoder", "TransformerDecoderBlock", "TransformerDecoderState"]


@known_to_torch
class TransformerDecoderState(NamedTuple):
    """A block's own past, a ``KeyValueCache`` or ``WindowCache``, and the memory it looks at."""

    past: Any
    memory: ProjectedMemory


class TransformerDecoderBlock(Decoder):
    """A Transformer decoder's block: attention to its own past, attention to a memory, and a network.

    x = x + attention(norm(x));  x = x + attention(norm(x), memory);  y = x + feed_forward(norm(x)).

    x (B, T, D) → y (B, T, H): ``in_features`` D, ``hidden_size`` H; the memory (B, S, E) of ``memory_features`` E
    enters through ``initial_state``. The options are those of ``TransformerBlock``; ``heads`` counts for both
    attentions. The memory has the positions that the encoder gave it.

    >>> import torch
    >>> block = TransformerDecoderBlock(3, 8, memory_features=6, heads=2)
    >>> state = block.initial_state(1, memory=torch.randn(1, 7, 6))
    >>> block(torch.zeros(1, 5, 3), state)[0].shape
    torch.Size([1, 5, 8])
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        memory_features: int,
        heads: int | None = None,
        key_heads: int | None = None,
        window: int | None = None,
        positions: Positions = Positions.ROTARY,
        inner: FeedForwardKind = FeedForwardKind.GELU,
        expansion: int = 4,
        norm: NormKind = NormKind.LAYER,
        placement: Placement = Placement.BEFORE,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        back = CausalSelfAttention(
            hidden_size, heads, key_heads=key_heads, window=window, positions=positions, dropout=dropout
        )
        across = CrossAttention(hidden_size, memory_features, back.maps.heads, key_heads=key_heads, dropout=dropout)
        feed_forward = FeedForwardKind(inner).build(hidden_size, expansion * hidden_size)
        self.back = CausalBlock(back, in_features=in_features, norm=norm, placement=placement, dropout=dropout)
        self.across = CausalBlock(across, feed_forward, norm=norm, placement=placement, dropout=dropout)
        self.in_features, self.out_features, self.hidden_size = in_features, hidden_size, hidden_size
        self.memory_features, self.heads, self.key_heads, self.window = memory_features, heads, key_heads, window
        self.positions, self.inner, self.expansion = back.positions, FeedForwardKind(inner), expansion
        self.norm, self.placement, self.dropout = self.back.norm, self.back.placement, self.back.dropout

    def initial_state(
        self, batch_size: int, *, memory: Tensor | None = None, memory_lengths: Tensor | None = None
    ) -> TransformerDecoderState:
        """No steps yet, and the keys and values of ``memory`` (B, S, E), ``memory_lengths`` (B,) of its steps real."""
        across: CrossAttention = self.across.mixer  # type: ignore[assignment]
        return TransformerDecoderState(
            self.back.initial_state(batch_size), across.initial_state(batch_size, memory, memory_lengths)
        )

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, Any]:
        """x (B, T, D) → y (B, T, H), and the state after each row's last real step."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        given = self.initial_state(x.shape[0]) if state is None else state
        check_state(self, given, x.shape[0], TransformerDecoderState)
        x, past = self.back(x, given.past, lengths)
        y, memory = self.across(x, given.memory, lengths)
        return y, TransformerDecoderState(past, memory)

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One step: x_t (B, D) and the state give y_t (B, H) and the next state."""
        check_state(self, state, x_t.shape[0], TransformerDecoderState)
        x_t, past = self.back.step(x_t, state.past)
        y_t, memory = self.across.step(x_t, state.memory)
        return y_t, TransformerDecoderState(past, memory)

    def alignments(self, x: Tensor, state: Any, lengths: Tensor | None = None) -> Tensor:
        """The weights (B, T, S) with which each step of x reads each step of the memory, the mean over the heads."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        check_state(self, state, x.shape[0], TransformerDecoderState)
        across: CrossAttention = self.across.mixer  # type: ignore[assignment]
        x, _ = self.back(x, state.past, lengths)
        return across.alignments(self.across.read_by_mixer(x), state.memory, lengths)


class TransformerDecoder(Decoder):
    """A Transformer's decoder: ``blocks`` one on the other, all over the same memory, and a last norm.

    The norm is there if theirs come before what they add. The state is the tuple of the blocks' states. An encoder for
    it is a stack of ``TransformerBlock``, or in words ``4*transformer(64, causal=false)``. Raises UsageError when
    widths do not fit.

    >>> import torch
    >>> decoder = TransformerDecoder(TransformerDecoderBlock(8, 8, memory_features=6, heads=2) for _ in range(2))
    >>> state = decoder.initial_state(1, memory=torch.randn(1, 7, 6))
    >>> y_t, state = decoder.step(torch.zeros(1, 8), state)
    >>> y_t.shape
    torch.Size([1, 8])
    """

    def __init__(self, blocks: Iterable[TransformerDecoderBlock]) -> None:
        super().__init__()
        blocks = list(blocks)
        self.stack = CausalStack(blocks, last_norm=blocks[-1].across.last_norm if blocks else None)
        self.in_features, self.out_features = self.stack.in_features, self.stack.out_features
        self.memory_features = blocks[0].memory_features

    def initial_state(
        self, batch_size: int, *, memory: Tensor | None = None, memory_lengths: Tensor | None = None
    ) -> tuple[TransformerDecoderState, ...]:
        """The blocks' states before the first step, over ``memory`` (B, S, E)."""
        return tuple(
            block.initial_state(batch_size, memory=memory, memory_lengths=memory_lengths) for block in self._blocks()
        )

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, Any]:
        """x (B, T, D) → y (B, T, H), and the blocks' states after each row's last real step."""
        y, state = self.stack(x, self.initial_state(x.shape[0]) if state is None else state, lengths)
        return y, state

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One step: x_t (B, D) and the states give y_t (B, H) and the next states."""
        return self.stack.step(x_t, state)

    def alignments(self, x: Tensor, state: Any, lengths: Tensor | None = None) -> Tensor:
        """Those of the last block."""
        *below, last = self._blocks()
        states = check_parts(self, state, len(below) + 1)
        for block, given in zip(below, states, strict=False):
            x, _ = block(x, given, lengths)
        return last.alignments(x, states[-1], lengths)

    def _blocks(self) -> list[TransformerDecoderBlock]:
        return list(self.stack.layers)  # type: ignore[arg-type]
