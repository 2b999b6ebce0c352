"""Mistakes of a user: each is named, with what was expected and what came."""

from __future__ import annotations

import pytest
import torch

from seqloom.errors import UsageError
from seqloom.layers import CausalLayer, parse_spec
from seqloom.layers.words import WORDS

BLOCKS = [word for word in WORDS if hasattr(parse_spec(word).build(8).layers[0], "mixer")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("retnet(10)", "10 features cannot be shared by 4 heads"),
        ("lstm(12) + retnet", r"^retnet: .* must be even; got 3"),
        ("gla(12)", "4 heads cannot share the half of 12 features"),
        ("mamba2(8, head_size=3)", "head_size must divide them"),
        ("mamba2(8, groups=3)", "groups the number of heads"),
        ("deltanet(10)", "10 features cannot be shared by 4 heads"),
        ("gated-deltanet(8, key_heads=3)", "4 heads cannot share 3 key heads"),
        ("gated-deltanet(8, feed_forward_factor=0)", "at least one hidden unit; got 0"),
        ("mlstm(8, block=3)", "blocks of 3"),
        ("slstm(10)", "10 features cannot be shared by 4 heads"),
        ("rg-lru(10)", "10 features cannot be shared by 4 heads"),
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
