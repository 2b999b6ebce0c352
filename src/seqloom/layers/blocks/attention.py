"""Attention beside a residual path: the block of the word ``attention``."""

from __future__ import annotations

from abc import ABC

from seqloom.layers.attention.positions import Positions
from seqloom.layers.attention.self_attention import CausalSelfAttention, SelfAttention
from seqloom.layers.blocks.block import Block, CausalBlock, Placement
from seqloom.layers.norm import NormKind

__all__ = ["AttentionBlock", "CausalAttentionBlock"]


class _AttentionBlock(Block, ABC):
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
        norm: NormKind = NormKind.RMS,
        placement: Placement = Placement.BEFORE,
        dropout: float = 0.0,
    ) -> None:
        mixer = self.attention(
            hidden_size, heads, key_heads=key_heads, window=window, positions=positions, dropout=dropout
        )
        super().__init__(mixer, in_features=in_features, norm=norm, placement=placement, dropout=dropout)
        self.heads, self.key_heads, self.window = heads, key_heads, window
        self.positions = mixer.positions


class AttentionBlock(_AttentionBlock):
    """Multi-head attention beside a residual path, each step looking both ways: y = x + attention(norm(x)).

    x (B, T, D) → y (B, T, H): ``in_features`` D, ``hidden_size`` H. The options are those of ``SelfAttention`` (heads,
    key_heads, window, positions) and of ``Block`` (norm, placement); ``dropout`` is for the attention weights and for
    what is added.

    >>> import torch
    >>> AttentionBlock(3, 8, heads=2)(torch.zeros(1, 5, 3))[0].shape
    torch.Size([1, 5, 8])
    """

    attention = SelfAttention


class CausalAttentionBlock(_AttentionBlock, CausalBlock):
    """Multi-head attention beside a residual path, each step looking back: y = x + attention(norm(x)).

    The arguments are those of ``AttentionBlock``; the state is that of ``CausalSelfAttention``.

    >>> import torch
    >>> y, state = CausalAttentionBlock(3, 8, heads=2, window=16)(torch.zeros(1, 5, 3))
    >>> y.shape, state.keys.shape
    (torch.Size([1, 5, 8]), torch.Size([1, 15, 2, 4]))
    """

    attention = CausalSelfAttention
