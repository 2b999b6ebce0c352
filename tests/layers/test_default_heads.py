"""Numbers that nobody gave: they fit the width, and are what they were wherever the usual default fits."""

from __future__ import annotations

import pytest
import torch

from seqloom.errors import UsageError
from seqloom.layers import CausalLayer, TransformerDecoderBlock, parse_spec, spec_of
from seqloom.layers.attention import CausalSelfAttention, CrossAttention
from seqloom.layers.blocks.rotation import Rotation
from seqloom.layers.words import WORDS

WITH_HEADS = [word for word, kind in WORDS.items() if kind.options.keys() & {"heads", "head_size"}]
USUAL = {
    word: "head_size=64" if word == "mamba2" else "heads=4, block=4" if word == "mlstm" else "heads=4"
    for word in WITH_HEADS
}


def shapes(text: str) -> dict[str, torch.Size]:
    with torch.device("meta"):
        return {name: p.shape for name, p in parse_spec(text).build(5).named_parameters()}


def test_the_table_holds_every_word_with_heads() -> None:
    assert len(WITH_HEADS) == 10


@pytest.mark.parametrize("word", WITH_HEADS)
def test_every_width_can_be_built(word: str) -> None:
    for width in range(2, 131):
        shapes(f"{word}({width})")


@pytest.mark.parametrize("word", WITH_HEADS)
def test_where_the_usual_number_fits_it_is_taken(word: str) -> None:
    for width in (32, 64, 96, 128, 256):
        assert shapes(f"{word}({width})") == shapes(f"{word}({width}, {USUAL[word]})")


@pytest.mark.parametrize("word", WITH_HEADS)
@pytest.mark.parametrize("width", [6, 33, 67])
def test_odd_sizes_run_step_by_step_and_print_back(word: str, width: int) -> None:
    text = f"{word}({width})"
    model = parse_spec(text).build(3)
    assert str(spec_of(model)) == text
    assert isinstance(model, CausalLayer)
    x = torch.randn(2, 5, 3)
    y, _ = model(x)
    state = model.initial_state(2)
    for step in range(5):
        y_t, state = model.step(x[:, step], state)
        torch.testing.assert_close(y_t, y[:, step], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("width", "heads"), [(66, 3), (67, 1), (12, 3), (10, 1), (4, 2), (9, 3), (15, 3), (128, 4)])
def test_the_largest_number_that_fits_is_taken(width: int, heads: int) -> None:
    assert CausalSelfAttention(width).maps.heads == heads


def test_a_number_of_heads_that_was_given_is_never_changed() -> None:
    for word in set(WITH_HEADS) - {"mamba2", "gated-deltanet"}:
        with pytest.raises(UsageError, match=r"heads"):
            parse_spec(f"{word}(67, heads=4)").build(3)
    with pytest.raises(UsageError, match="must be even; got 3"):
        Rotation(heads=2, size=3)


def test_shared_keys_choose_the_heads_that_they_divide() -> None:
    assert CausalSelfAttention(36, key_heads=3).maps.heads == 3
    assert CrossAttention(36, 4, key_heads=3).heads == 3
    shapes("gated-deltanet(8, key_heads=3)")
    with pytest.raises(UsageError, match="4 heads cannot share 8 key heads"):
        CausalSelfAttention(32, key_heads=8)


def test_both_attentions_of_a_decoder_have_as_many_heads() -> None:
    block = TransformerDecoderBlock(3, 12, memory_features=6)
    assert block.across.mixer.heads == block.back.mixer.maps.heads == 3
