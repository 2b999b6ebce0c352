"""Mistakes of a user: each is named, with what was expected and what came."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from seqloom.cells import GRU
from seqloom.errors import UsageError
from seqloom.layers import (
    Bidirectional,
    CausalBlock,
    CausalLayer,
    CausalStack,
    EchoState,
    Embedding,
    LearnedEmbedding,
    OneHot,
    Recurrent,
    parse_spec,
)
from seqloom.layers.attention import CausalSelfAttention, CrossAttention
from seqloom.layers.blocks.gated_delta_net import GatedDeltaNetBlock
from seqloom.layers.blocks.mamba2 import Mamba2Block
from seqloom.layers.blocks.short_convolution import ShortConvolution
from seqloom.layers.blocks.transformer import TransformerBlock
from seqloom.layers.words import WORDS

BLOCKS = [word for word in WORDS if hasattr(parse_spec(word).build(8).layers[0], "mixer")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("retnet(10, heads=4)", "10 features cannot be shared by 4 heads: heads must divide them; 12 would do"),
        ("lstm(12) + retnet(heads=4)", r"^retnet.heads=4.: .* must be even; got 3"),
        ("gla(12, heads=4)", "4 heads cannot share the half of 12 features"),
        ("mamba2(8, head_size=3)", "head_size must divide them"),
        ("mamba2(8, groups=3)", "groups the number of heads"),
        ("deltanet(10, heads=4)", "10 features cannot be shared by 4 heads"),
        ("gated-deltanet(8, heads=4, key_heads=3)", "4 heads cannot share 3 key heads"),
        ("gated-deltanet(8, feed_forward_factor=0)", "at least one hidden unit; got 0"),
        ("mlstm(8, block=3)", "blocks of 3"),
        ("slstm(10, heads=4)", "10 features cannot be shared by 4 heads"),
        ("rg-lru(10, heads=4)", "10 features cannot be shared by 4 heads"),
        ("rg-lru(8, r_min=2)", "r_min=2.0, r_max=0.999"),
        ("lru(8, r_min=0.9, r_max=0.5)", "r_min=0.9, r_max=0.5"),
        ("lru(8, max_phase=-1)", "at least 0; got -1.0"),
        ("attention(8, key_heads=3)", "key_heads must divide heads"),
        ("transformer(8, dropout=1)", "below 1; got 1.0"),
        ("transformr(8)", "Did you mean 'transformer'"),
    ],
)
def test_sizes_that_do_not_fit(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        parse_spec(text).build(8)


@pytest.mark.parametrize("word", BLOCKS)
def test_inputs_and_states_that_a_block_cannot_read(word: str) -> None:
    block = parse_spec(word).build(8).layers[0]
    assert isinstance(block, CausalLayer)
    x, (_, other) = torch.zeros(2, 5, 8), block(torch.zeros(3, 5, 8))
    with pytest.raises(UsageError, match="reads 2 rows"):
        block(x, other)
    with pytest.raises(UsageError, match="reads 2 rows"):
        block.step(x[:, 0], other)
    with pytest.raises(UsageError, match=r"one step of shape \(B, 8\); got \(2, 3\)"):
        block.step(x[:, 0, :3], block.initial_state(2))
    with pytest.raises(UsageError, match="embedding"):
        block(x.long())


@pytest.mark.parametrize("word", ["window", "positions", "attention", "attention(window=4)", "mingru", "lru", "lstm"])
def test_the_state_of_another_layer(word: str) -> None:
    (layer,) = list(parse_spec(word).build(8).layers)[:1]
    x = torch.zeros(2, 5, 8)
    other = parse_spec("gru(8)").build(8).layers[0](x)[1]
    with pytest.raises(UsageError, match=r"expected|states; got"):
        layer(x, other)


@pytest.mark.parametrize("word", BLOCKS)
def test_a_step_from_no_state(word: str) -> None:
    block = parse_spec(word).build(8).layers[0]
    assert isinstance(block, CausalLayer)
    with pytest.raises(UsageError, match=r"initial_state\(2\)"):
        block.step(torch.zeros(2, 8), None)


def test_what_is_no_tensor() -> None:
    layer = Recurrent(GRU, 2, 3)
    with pytest.raises(UsageError, match="expected a tensor; got ndarray"):
        layer(torch.zeros(1, 5, 2).numpy())
    with pytest.raises(UsageError, match="lengths as a tensor; got list"):
        layer(torch.zeros(1, 5, 2), None, [2])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"one step of shape \(B, 2\); got \(1, 3\)"):
        layer.step(torch.zeros(1, 3), layer.initial_state(1))


def test_the_state_of_a_longer_convolution() -> None:
    _, longer = ShortConvolution(8, 4)(torch.zeros(2, 5, 8))
    with pytest.raises(UsageError, match=r"\(B, 2, 8\); got \(2, 3, 8\), the state of another layer"):
        ShortConvolution(8, 3)(torch.zeros(2, 5, 8), longer)


def test_a_memory_that_does_not_fit() -> None:
    layer = CrossAttention(8, memory_features=6, heads=2)
    with pytest.raises(UsageError, match="lengths between 0 and T = 7; got 9 to 9"):
        layer.initial_state(1, memory=torch.zeros(1, 7, 6), memory_lengths=torch.tensor([9]))
    with pytest.raises(UsageError, match="reads 3 rows"):
        layer(torch.zeros(3, 5, 8), layer.initial_state(1, memory=torch.zeros(1, 7, 6)))


@pytest.mark.parametrize("embedding", [LearnedEmbedding(5, 3), OneHot(5)])
def test_tokens_that_there_are_not(embedding: Embedding) -> None:
    for token in (5, -2, -100):
        with pytest.raises(UsageError, match="from 0 to 4, or -1 for nothing"):
            embedding(torch.tensor([[0, token]]))
    with pytest.raises(UsageError, match="whole numbers"):
        embedding(torch.zeros(1, 2))


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Mamba2Block(8, 8, head_size=0), "heads of 0"),
        (lambda: GatedDeltaNetBlock(8, 8, heads=0), "at least 1; got 0"),
        (lambda: CausalSelfAttention(8, key_heads=0), "cannot share 0 key heads"),
    ],
)
def test_sizes_of_nothing(make: Callable[[], object], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        make()


def test_a_word_that_is_no_option() -> None:
    with pytest.raises(UsageError, match=r"gelu, relu or swiglu; got 'relu6'\. Did you mean 'relu'"):
        TransformerBlock(3, 8, inner="relu6")  # type: ignore[arg-type]


def test_what_streams_is_made_of_layers_that_stream() -> None:
    both = Bidirectional(Recurrent(GRU, 4, 2), Recurrent(GRU, 4, 2))
    with pytest.raises(UsageError, match="CausalStack goes step by step, but this Bidirectional sees what comes after"):
        CausalStack([Recurrent(GRU, 4, 4), both])
    with pytest.raises(UsageError, match="CausalBlock goes step by step, but this Bidirectional"):
        CausalBlock(both)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_an_embedding_of_no_scale_is_refused(scale: float) -> None:
    with pytest.raises(UsageError, match="a number above 0"):
        LearnedEmbedding(3, 2, scale)


def test_the_depth_of_a_reservoir_is_bounded() -> None:
    with pytest.raises(UsageError, match="depth from 1 to 64"):
        EchoState(2, 3, depth=65)
