"""Transformers: attention and a network over features, block on block (Vaswani et al., 2017).

Axes: B batch, T time, D features, H hidden, S memory steps.
"""

from __future__ import annotations

from abc import ABC

from seqloom.choice import Choice
from seqloom.layers.attention.positions import Positions
from seqloom.layers.attention.self_attention import CausalSelfAttention, SelfAttention
from seqloom.layers.blocks.block import Block, CausalBlock, Placement
from seqloom.layers.blocks.feed_forward import Activation, FeedForward, GatedFeedForward
from seqloom.layers.norm import NormKind
from seqloom.layers.residual_initialisation import initialise_residual

__all__ = ["CausalTransformerBlock", "FeedForwardKind", "TransformerBlock"]


class FeedForwardKind(Choice):
    """The network over features: two layers with GELU or ReLU, or SwiGLU (Shazeer, 2020) with as many weights."""

    GELU = "gelu"
    RELU = "relu"
    SWIGLU = "swiglu"

    def build(self, features: int, hidden: int) -> FeedForward | GatedFeedForward:
        """The module; SwiGLU gets 2/3 of the ``hidden`` units."""
        match self:
            case FeedForwardKind.SWIGLU:
                gated = GatedFeedForward(features, max(2 * hidden // 3, 1))
                initialise_residual([gated.gate, gated.up], gated.down)
                return gated
            case _:
                plain = FeedForward(features, hidden, Activation(self.value), bias=False)
                initialise_residual([plain.up], plain.down)
                return plain


class _TransformerBlock(Block, ABC):
    """The options of both directions."""

    attention: type[SelfAttention] | type[CausalSelfAttention]

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
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
        mixer = self.attention(
            hidden_size, heads, key_heads=key_heads, window=window, positions=positions, dropout=dropout
        )
        feed_forward = FeedForwardKind(inner).build(hidden_size, expansion * hidden_size)
        super().__init__(mixer, feed_forward, in_features=in_features, norm=norm, placement=placement, dropout=dropout)
        self.heads, self.key_heads, self.window = heads, key_heads, window
        self.positions = mixer.positions
        self.inner, self.expansion = FeedForwardKind(inner), expansion


class TransformerBlock(_TransformerBlock):
    """A Transformer's block that looks both ways, as in an encoder: attention, then a network (Vaswani et al., 2017).

    x = x + attention(norm(x));  y = x + feed_forward(norm(x)).

    x (B, T, D) → y (B, T, H): ``in_features`` D, ``hidden_size`` H. ``heads``, ``key_heads``, ``window`` and
    ``positions`` are those of ``SelfAttention``; ``inner`` is the network over features, ``expansion`` H units wide
    (default 4, as in the paper), without biases; ``norm`` and ``placement`` are those of ``Block``; ``dropout`` is for
    the attention weights and for what is added.

    >>> import torch
    >>> TransformerBlock(3, 8, heads=2)(torch.zeros(1, 5, 3))[0].shape
    torch.Size([1, 5, 8])
    """

    attention = SelfAttention


class CausalTransformerBlock(_TransformerBlock, CausalBlock):
    """A Transformer's block that looks back, as in a decoder: attention, then a network (Vaswani et al., 2017).

    x = x + attention(norm(x));  y = x + feed_forward(norm(x)). The arguments are those of ``TransformerBlock``; the
    state is that of ``CausalSelfAttention``.

    >>> import torch
    >>> y, state = CausalTransformerBlock(3, 8, heads=2, window=16)(torch.zeros(1, 5, 3))
    >>> y.shape, state.keys.shape
    (torch.Size([1, 5, 8]), torch.Size([1, 15, 2, 4]))
    """

    attention = CausalSelfAttention
