"""Every word of the grammar draws, alone and in a stack, and no weight is left out."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqloom.cells import LSTM, Cell, affine, tanh
from seqloom.inspection.diagrams.model import draw_model
from seqloom.inspection.diagrams.unrolled import draw_unrolled
from seqloom.layers import (
    Bidirectional,
    LearnedEmbedding,
    OneHot,
    Recurrent,
    StepHead,
    parse_encoder_decoder,
    parse_spec,
    tied_head,
)
from seqloom.layers.words import WORDS
from seqloom.layers.words.decoders import DECODERS
from seqloom.layers.words.fronts import FRONTS
from seqloom.layers.words.pooling import POOLINGS
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.parts import parts_of, weights_of
from seqloom.models.pooled_model import PooledModel
from seqloom.models.token_model import TokenModel
from tests.inspection.diagrams.looking import check_drawing, texts


class Own(Cell):
    def equations(self, x, h):
        return tanh(affine("hidden", x, h))


def sums(module: nn.Module) -> bool:
    """Whether the weights of the parts are all that there are."""
    return sum(part.weights for part in parts_of(module)) == weights_of(module)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_draws(word: str):
    layer = parse_spec(f"2*{word} + project(4)").build(16)
    drawing = draw_model(layer)
    check_drawing(drawing)
    said = texts(drawing)
    assert any(text.startswith(word) for text in said)
    assert "× 2" in said
    assert "input (B, T, 16)" in said
    assert "output (B, T, 4)" in said
    assert sums(layer)


@pytest.mark.parametrize("kind", POOLINGS)
def test_every_pooling_ends_the_steps(kind: str):
    pooled = parse_spec(f"gru(6) bidirectional + pool({kind})").build_pooled(5)
    drawing = draw_model(pooled)
    check_drawing(drawing)
    assert f"pool({kind})" in texts(drawing)
    assert "output (B, 12)" in texts(drawing)
    assert sums(pooled)


@pytest.mark.parametrize("word", FRONTS)
def test_every_front_reads_pictures(word: str):
    spec = parse_spec(f"{word}(8) + gru(6) + pool(last)")
    front = spec.front.build((16, 16, 3))
    model = PooledModel(front, spec.rest.build_pooled(front.out_features), outputs=3)
    drawing = draw_model(model)
    check_drawing(drawing)
    said = texts(drawing)
    assert "pictures (B, H, W, C)" in said
    assert f"(B, S, {front.out_features})" in said
    assert "output (B, 3)" in said
    assert sums(model)


@pytest.mark.parametrize("word", DECODERS)
def test_every_decoder_reads_a_memory(word: str):
    spec = parse_encoder_decoder(f"2*gru(8) bidirectional -> 2*{word}(8)")
    model = EncoderDecoder.of(spec, LearnedEmbedding(9, 8), OneHot(8))
    drawing = draw_model(model)
    check_drawing(drawing)
    said = texts(drawing)
    assert {"tokens (B, S)", "memory (B, S, 16)", "target (B, T)", "output (B, T, 8)", "× 2"} <= {*said}
    assert any(word in text for text in said)
    assert sums(model)


def test_deep_stacks_are_short():
    shallow = draw_model(parse_spec("2*transformer(16)").build(16))
    deep = draw_model(parse_spec("48*transformer(16)").build(16))
    assert deep.size[1] == shallow.size[1]
    assert "× 48" in texts(deep)


def test_patterns_that_come_again_and_again_are_one_box():
    layer = parse_spec(" + ".join(["2*rg-lru(8)", "attention(8)"] * 16)).build(8)
    found = parts_of(layer)
    assert [(part.name, part.count) for part in found] == [
        ("rg-lru(8) + rg-lru(8) + attention(8)", 16),
        ("rms norm", 1),
    ]
    assert sums(layer)
    assert draw_model(layer).size[1] < 320
    twice = parts_of(parse_spec("gru(8) + norm + gru(8) + norm").build(8))
    assert [part.count for part in twice] == [1, 1, 1, 1]


def test_strides_and_residual_maps_are_said():
    layer = parse_spec("conv(6, stride=2) + gru(4)").build(3)
    assert "(B, T′, 6)" in texts(draw_model(layer))
    residual = parse_spec("gru(4) + gru(6) with residual=true").build(4)
    assert weights_of(residual.bypass) == 24
    assert parts_of(residual)[-1].name == "beside these"
    assert sums(residual)
    assert "24 of them beside these parts" in texts(draw_model(residual))[-1]


def test_shared_weights_count_once():
    table = LearnedEmbedding(9, 4, scale=2.0)
    model = TokenModel(table, parse_spec("gru(4)").build(4), tied_head(table))
    assert sums(model)
    assert "linear(9) + softmax" in texts(draw_model(model))
    check_drawing(draw_model(TokenModel(OneHot(5), Recurrent(LSTM, 5, 8), StepHead(8, 5))))


def test_what_has_no_word_has_its_own_name():
    own = Recurrent(Own, 3, 4)
    assert "Own(4)" in texts(draw_model(own))
    assert "Own(4) bidirectional" in texts(draw_model(Bidirectional(own, Recurrent(Own, 3, 4))))
    drawing = draw_model(nn.Sequential(nn.Linear(3, 4), nn.ReLU()))
    check_drawing(drawing)
    assert {"linear(4)", "ReLU", "input"} <= {*texts(drawing)}


def test_long_names_are_cut():
    kind = type("A" + "VeryLong" * 12, (Own,), {})
    check_drawing(draw_model(Recurrent(kind, 3, 4)))
    check_drawing(draw_unrolled(Recurrent(kind, 3, 4), steps=6))


def test_nothing_is_computed_or_changed():
    model = parse_spec("2*lstm(8)").build(4)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    draw_model(model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.training
