"""Encoders and decoders in words: text → layers → text, and what is wrong with a text is said."""

from __future__ import annotations

import pytest
import torch

from seqloom.cells import GRU
from seqloom.errors import UsageError
from seqloom.layers import (
    AdditiveScore,
    GeneralScore,
    LuongDecoder,
    Recurrent,
    parse_encoder_decoder,
    parse_spec,
    stack,
)
from seqloom.layers.decoder_spec import EncoderDecoderSpec, decoder_term_of
from seqloom.layers.words.decoders import DECODERS, DecoderCell

TEXTS = [
    *(f"gru(6) bidirectional -> {word}(8)" for word in DECODERS),
    *(f"gru(6) -> 2*{word}(8)" for word in DECODERS),
    *(f"gru(6) -> bahdanau(8, cell={cell})" for cell in DecoderCell if cell != "gru"),
    "2*gru(6) bidirectional + norm(12) with dropout=0.2 -> 3*luong(8, cell=gru, dropout=0.1, score=additive)",
    "gru(8) -> luong(8, score=dot)",
    "gru(6) -> bahdanau(8, score=general)",
    "gru(6) -> 2*bahdanau(8, readout=3, summary=mean)",
    "gru(6) -> 2*luong(8, feed=false, summary=last)",
    "gru(6) -> bottleneck(8, context=2, summary=mean)",
    "gru(6) -> 2*bottleneck(8, cell=gru, context=5)",
    "positions + 2*transformer(8, causal=false) -> 2*transformer(8, heads=2, window=4, inner=swiglu, dropout=0.1)",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_builds_layers_and_layers_have_the_text(text: str) -> None:
    spec = parse_encoder_decoder(text)
    encoder, decoder = spec.build(source_features=8, target_features=5)
    built = str(EncoderDecoderSpec.of(encoder, decoder))
    assert parse_encoder_decoder(built).decoder == spec.decoder
    assert built.replace("positions(8)", "positions") == str(spec) == text
    memory = encoder(torch.randn(2, 6, 8))[0]
    y, _ = decoder(torch.randn(2, 3, 5), decoder.initial_state(2, memory=memory))
    assert y.shape == (2, 3, decoder.out_features)
    assert decoder.in_features == 5


def test_the_default_width_is_that_of_the_input() -> None:
    decoder = parse_encoder_decoder("gru(6) -> luong").build(3, 7).decoder
    assert decoder.out_features == 7


@pytest.mark.parametrize(
    ("text", "problem", "place"),
    [
        ("gru(6)", "Expected '+', 'with' or '->', found ''", 6),
        ("gru(6) ->", "Expected a decoder (luong, bahdanau, bottleneck, transformer)", 9),
        ("gru(6) -> lstm(6)", "No decoder is called 'lstm'", 10),
        ("gru(6) -> luon(6)", "Did you mean 'luong'", 10),
        ("gru(6) -> luong(6, heads=2)", "luong has no option 'heads'; it has cell, dropout, score", 19),
        ("gru(6) -> luong(6, cell=mamba2)", "Expected one of elman, lstm, gru", 24),
        ("gru(6) -> luong(6) -> luong(6)", "Expected the end after luong(6), found '->'", 19),
        ("gru(6) -> luong(6) bidirectional", "Expected the end after luong(6), found 'bidirectional'", 19),
        ("gru(6) -> 0*luong(6)", "Expected a number of layers in digits, from 1 to 64", 10),
        ("gru(6) -> 65*luong(6)", "Expected a number of layers in digits, from 1 to 64", 10),
        ("gru(6) -> 2 luong(6)", "Expected '*' after the number of layers, as in 2*luong", 12),
        ("-> luong(6)", "Expected a layer", 0),
        ("gru(6) - luong(6)", "'-' has no meaning here", 7),
    ],
)
def test_mistakes_are_pointed_at(text: str, problem: str, place: int) -> None:
    with pytest.raises(UsageError) as caught:
        parse_encoder_decoder(text)
    assert problem in str(caught.value)
    assert str(caught.value).splitlines()[-1] == " " * (place + 2) + "^"


def test_a_pair_is_no_model_of_layers_alone() -> None:
    with pytest.raises(UsageError, match=r"Expected '\+', 'with' or the end, found '->'"):
        parse_spec("gru(6) -> luong(6)")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("gru(6) -> luong(8, score=dot)", "score=dot needs one width for both; the decoder has 8, the encoder gives 6"),
        ("gru(6) -> transformer(7, heads=2)", "transformer(7, heads=2): 7 features cannot be shared by 2 heads"),
        ("gru(6) -> 2*luong(8, dropout=1)", "dropout is a share"),
    ],
)
def test_sizes_that_do_not_fit_are_said_with_the_words(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_encoder_decoder(text).build(3, 4)
    assert problem in str(caught.value)
    assert str(caught.value).startswith(text.partition("-> ")[2])


@pytest.mark.parametrize(
    "decoder",
    [
        lambda: LuongDecoder(Recurrent(GRU, 7, 4), GeneralScore(4, 3)),
        lambda: LuongDecoder(stack([Recurrent(GRU, 7, 4)], residual=True), GeneralScore(4, 3)),  # type: ignore[arg-type]
        lambda: LuongDecoder(parse_spec("gru(5) + gru(4)").build(7), GeneralScore(4, 3)),  # type: ignore[arg-type]
        lambda: LuongDecoder(parse_spec("gru(4, reset=before)").build(7), GeneralScore(4, 3)),  # type: ignore[arg-type]
        lambda: LuongDecoder(parse_spec("gru(4)").build(7), AdditiveScore(4, 3, hidden_size=9)),  # type: ignore[arg-type]
    ],
)
def test_what_no_word_builds_has_no_text(decoder: object) -> None:
    with pytest.raises(UsageError, match="No word of a specification builds this LuongDecoder"):
        decoder_term_of(decoder())  # type: ignore[operator]
