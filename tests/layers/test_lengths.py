"""Lengths of every integer type are taken wherever lengths enter; what is no integer is refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.cells import GRU
from seqloom.errors import UsageError
from seqloom.layers import (
    BahdanauDecoder,
    BottleneckDecoder,
    EchoState,
    LastHead,
    LearnedEmbedding,
    LuongDecoder,
    OneHot,
    Recurrent,
    StepHead,
    parse_spec,
)
from seqloom.layers.attention import AdditiveScore, CrossAttention, GeneralScore
from seqloom.layers.attention.scores import MemoryAttention
from seqloom.layers.decoders.transformer import TransformerDecoder, TransformerDecoderBlock
from seqloom.layers.state import leaves
from seqloom.layers.words import WORDS
from seqloom.models.echo_state_network import EchoStateNetwork
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.scored_model import ScoredModel
from seqloom.models.token_model import TokenModel

Entrance = Callable[[Tensor], Any]

INTEGERS = [torch.int8, torch.int16, torch.int32, torch.uint8, torch.uint16, torch.uint32, torch.uint64]
OTHERS = [torch.bool, torch.float32, torch.float64, torch.bfloat16, torch.complex64]
ROWS, TIME, WIDTH = 3, 6, 8
LENGTHS = [6, 3, 0]


def word(text: str) -> Entrance:
    """A layer or a stack by its words."""
    layer = parse_spec(text).build(WIDTH).eval()
    x = torch.randn(ROWS, TIME, WIDTH)
    return lambda lengths: layer(x, None, lengths)


def decoders() -> dict[str, Any]:
    return {
        "bottleneck": BottleneckDecoder(
            Recurrent(GRU, 2 * WIDTH, WIDTH), memory_features=WIDTH, context_features=WIDTH
        ),
        "bahdanau": BahdanauDecoder(Recurrent(GRU, 2 * WIDTH, WIDTH), AdditiveScore(WIDTH, WIDTH, hidden_size=5)),
        "luong": LuongDecoder(Recurrent(GRU, 2 * WIDTH, WIDTH), GeneralScore(WIDTH, WIDTH)),
        "transformer": TransformerDecoder([TransformerDecoderBlock(WIDTH, WIDTH, memory_features=WIDTH, heads=2)]),
    }


def of_decoder(name: str, memory: bool) -> Entrance:
    """The lengths of a decoder's x, or those of its memory."""
    decoder, x = decoders()[name], torch.randn(ROWS, TIME, WIDTH)
    if memory:
        return lambda lengths: decoder(x, decoder.initial_state(ROWS, memory=x, memory_lengths=lengths))
    return lambda lengths: decoder(x, decoder.initial_state(ROWS, memory=x), lengths)


def of_translator(source: bool) -> Entrance:
    decoder = BottleneckDecoder(Recurrent(GRU, WIDTH, 4), memory_features=3)
    model = EncoderDecoder(OneHot(5), Recurrent(GRU, 5, 3), OneHot(WIDTH), decoder, StepHead(4, WIDTH))
    tokens = torch.randint(5, (ROWS, TIME))
    return lambda lengths: model(tokens, *((lengths, tokens) if source else (None, tokens, lengths)))


def of_token_model(read: bool) -> Entrance:
    model = TokenModel(LearnedEmbedding(5, WIDTH), parse_spec("gru(8)").build(WIDTH), StepHead(WIDTH, 5))
    tokens = torch.randint(5, (ROWS, TIME))
    return lambda lengths: (model.read if read else model)(tokens, None, lengths)


def of_scored_model() -> Entrance:
    model = ScoredModel(None, parse_spec("gru(8)").build(WIDTH), 2)
    return lambda lengths: model(torch.ones(ROWS, TIME, WIDTH), torch.ones(ROWS, TIME, dtype=torch.bool), lengths)


def of_alignments() -> Entrance:
    decoder, x = decoders()["luong"], torch.randn(ROWS, TIME, WIDTH)
    return lambda lengths: decoder.alignments(x, decoder.initial_state(ROWS, memory=x), lengths)


def of_memory(kind: str) -> Entrance:
    x, cross, attention = torch.randn(ROWS, TIME, WIDTH), CrossAttention(WIDTH, WIDTH), MemoryAttention
    match kind:
        case "cross":
            return lambda lengths: cross(x, cross.initial_state(ROWS, memory=x, memory_lengths=lengths))
        case _:
            return lambda lengths: attention(GeneralScore(WIDTH, WIDTH)).remember(x, lengths)


def of_reservoir(feedback: bool) -> Entrance:
    reservoir = EchoState(WIDTH + feedback, 12)
    network = EchoStateNetwork(reservoir, 1, feedback=feedback, washout=5).fit(
        torch.randn(40, WIDTH), torch.rand(40, 1)
    )
    x = torch.randn(ROWS, TIME, WIDTH)
    return lambda lengths: network(x, None, lengths)


def of_head() -> Entrance:
    head, x = LastHead(Recurrent(GRU, WIDTH, WIDTH), 2), torch.randn(ROWS, TIME, WIDTH)
    return lambda lengths: head(x, lengths)


ENTRANCES: dict[str, Callable[[], Entrance]] = {
    **{text: lambda text=text: word(text) for text in sorted({*WORDS})},  # type: ignore[misc]
    "lstm(8) bidirectional": lambda: word("lstm(8) bidirectional"),
    "attention(8, causal=false)": lambda: word("attention(8, causal=false)"),
    "attention(8, window=2)": lambda: word("attention(8, window=2)"),
    "a stack": lambda: word("gru(8) + attention(8) + minlstm(8)"),
    **{f"{name}, x": lambda name=name: of_decoder(name, memory=False) for name in decoders()},  # type: ignore[misc]
    **{f"{name}, memory": lambda name=name: of_decoder(name, memory=True) for name in decoders()},  # type: ignore[misc]
    "alignments": of_alignments,
    "cross attention": lambda: of_memory("cross"),
    "memory attention": lambda: of_memory("scores"),
    "encoder-decoder, source": lambda: of_translator(source=True),
    "encoder-decoder, target": lambda: of_translator(source=False),
    "token model": lambda: of_token_model(read=False),
    "token model, read": lambda: of_token_model(read=True),
    "echo-state network": lambda: of_reservoir(feedback=False),
    "echo-state network, feedback": lambda: of_reservoir(feedback=True),
    "scored model": of_scored_model,
    "last head": of_head,
}

each_entrance = pytest.mark.parametrize("name", ENTRANCES)


def results(entrance: Entrance, lengths: Tensor) -> list[Tensor]:
    """All that comes out, drawn with one seed."""
    torch.manual_seed(1)
    return [leaf.detach() for _, leaf in leaves(entrance(lengths))]


@each_entrance
def test_every_integer_is_taken(name: str) -> None:
    entrance = ENTRANCES[name]()
    wanted = results(entrance, torch.tensor(LENGTHS))
    for dtype in INTEGERS:
        for got, one in zip(results(entrance, torch.tensor(LENGTHS).to(dtype)), wanted, strict=True):
            assert torch.equal(got, one), dtype


@each_entrance
@pytest.mark.parametrize("dtype", OTHERS, ids=str)
def test_nothing_else_is(name: str, dtype: torch.dtype) -> None:
    with pytest.raises(UsageError, match=rf"expected lengths of shape \(3,\), integers; got \(3,\), {dtype}"):
        ENTRANCES[name]()(torch.tensor(LENGTHS).to(dtype))


@each_entrance
def test_lengths_beyond_the_sequence_are_refused(name: str) -> None:
    for number, dtype in ((7, torch.uint8), (-1, torch.int8)):
        with pytest.raises(UsageError, match="expected lengths between 0 and T = 6"):
            ENTRANCES[name]()(torch.tensor([6, number, 0]).to(dtype))


def test_a_mask_is_told_apart() -> None:
    with pytest.raises(UsageError, match=r"mask\.sum\(1\)"):
        word("gru")(torch.tensor([True, False, True]))
