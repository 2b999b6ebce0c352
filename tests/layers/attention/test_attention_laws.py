"""Every attention layer and block obeys the laws, with and without a window, for every kind of position."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from seqloom.layers import CausalLayer, SequenceLayer
from seqloom.layers.attention import (
    CausalSelfAttention,
    CrossAttention,
    InputPositions,
    Positions,
    PositionTable,
    SelfAttention,
)
from seqloom.layers.blocks.attention import AttentionBlock, CausalAttentionBlock
from seqloom.layers.blocks.block import Placement
from seqloom.layers.blocks.transformer import CausalTransformerBlock, FeedForwardKind, TransformerBlock
from seqloom.layers.decoders.transformer import TransformerDecoder, TransformerDecoderBlock
from seqloom.layers.norm import NormKind
from seqloom.testing import check_layer


class Began(CausalSelfAttention):
    """Begins with keys and values from nine steps before."""

    def initial_state(self, batch_size):
        generator = torch.Generator().manual_seed(3)
        x = torch.randn(1, 9, self.in_features, generator=generator, dtype=self.maps.inner.weight.dtype)
        return self.forward(x.expand(batch_size, -1, -1), super().initial_state(batch_size))[1]


class Remembering(CrossAttention):
    """Looks at a memory that is always the same, the second row's shorter."""

    def initial_state(self, batch_size, memory=None, memory_lengths=None):
        generator = torch.Generator().manual_seed(3)
        memory = torch.randn(1, 5, self.memory_features, generator=generator, dtype=self.query.weight.dtype)
        lengths = torch.tensor([5, 2, 0])[:batch_size] if batch_size <= 3 else None
        return super().initial_state(batch_size, memory.expand(batch_size, -1, -1), lengths)


class RememberingDecoder(TransformerDecoder):
    """A decoder over a memory that is always the same."""

    def initial_state(self, batch_size, *, memory=None, memory_lengths=None):
        generator = torch.Generator().manual_seed(3)
        memory = torch.randn(1, 5, 3, generator=generator, dtype=self.stack.norm.weight.dtype).expand(
            batch_size, -1, -1
        )
        return super().initial_state(batch_size, memory=memory)


LAYERS: dict[str, Callable[[], SequenceLayer]] = {
    **{f"causal {kind}": lambda kind=kind: CausalSelfAttention(4, 2, positions=kind) for kind in Positions},
    **{f"window {kind}": lambda kind=kind: CausalSelfAttention(4, 2, window=12, positions=kind) for kind in Positions},
    **{f"begun {kind}": lambda kind=kind: Began(4, 2, positions=kind) for kind in Positions},
    **{f"begun window {kind}": lambda kind=kind: Began(4, 2, window=10, positions=kind) for kind in Positions},
    **{f"both ways {kind}": lambda kind=kind: SelfAttention(4, 2, positions=kind) for kind in Positions},
    **{f"near {kind}": lambda kind=kind: SelfAttention(4, 2, window=3, positions=kind) for kind in Positions},
    "shared keys": lambda: CausalSelfAttention(8, 4, key_heads=2),
    "one key head": lambda: Began(8, 4, key_heads=1, window=10),
    "cross attention": lambda: Remembering(4, 3, 2),
    "cross attention, shared keys": lambda: Remembering(8, 6, 4, key_heads=2),
    "sinusoids": lambda: InputPositions(6, 6),
    "sinusoids of an odd width": lambda: InputPositions(3, 3),
    "learned positions": lambda: InputPositions(4, 4, kind=PositionTable.LEARNED, length=80),
    "attention block": lambda: CausalAttentionBlock(3, 4, heads=2),
    "attention block both ways": lambda: AttentionBlock(3, 4, heads=2),
    "transformer block": lambda: CausalTransformerBlock(4, 4, heads=2, window=10, norm=NormKind.LAYER),
    "transformer block, norm after": lambda: CausalTransformerBlock(3, 4, heads=2, placement=Placement.AFTER),
    "transformer block, swiglu": lambda: CausalTransformerBlock(3, 4, heads=2, inner=FeedForwardKind.SWIGLU),
    "transformer decoder": lambda: RememberingDecoder([TransformerDecoderBlock(4, 4, memory_features=3, heads=2)]),
    "transformer block both ways": lambda: TransformerBlock(4, 4, heads=2, inner=FeedForwardKind.RELU),
}


EACH_MECHANISM_ONCE = (
    "causal rotary",
    "window rotary",
    "begun alibi",
    "begun window alibi",
    "both ways none",
    "near alibi",
    "shared keys",
    "cross attention",
    "sinusoids",
    "learned positions",
    "transformer block",
    "transformer decoder",
)


@pytest.mark.parametrize("name", EACH_MECHANISM_ONCE)
def test_attention_obeys_the_laws(name: str) -> None:
    check_layer(LAYERS[name])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kernel", "dtype"), [("auto", torch.float64), ("auto", torch.float32), ("reference", torch.float64)]
)
@pytest.mark.parametrize("name", LAYERS)
def test_attention_in_every_combination_obeys_the_laws(name: str, kernel: str, dtype: torch.dtype) -> None:
    check_layer(LAYERS[name], dtype=dtype, kernel=kernel)


@pytest.mark.parametrize("window", [1, 2, 3])
def test_a_small_window_obeys_the_laws(window: int) -> None:
    # What such a window kept from before is forgotten within the seven steps: no gradient reaches it.
    check_layer(lambda: CausalSelfAttention(4, 2, window=window), untrained=["input 1", "input 2"])


def test_what_looks_both_ways_has_no_step() -> None:
    assert not isinstance(SelfAttention(4, 2), CausalLayer)
    assert not hasattr(AttentionBlock(8, 8), "step")
