"""The frame around an encoder and a decoder."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

from seqloom.cells import GRU, LSTM
from seqloom.decoding import beam_search, sample
from seqloom.errors import UsageError
from seqloom.layers import (
    BahdanauDecoder,
    Bidirectional,
    BottleneckDecoder,
    InputPositions,
    LearnedEmbedding,
    LuongDecoder,
    NormKind,
    OneHot,
    Recurrent,
    StepHead,
    TransformerBlock,
    TransformerDecoder,
    TransformerDecoderBlock,
    parse_spec,
    stack,
)
from seqloom.layers.attention import AdditiveScore, GeneralScore
from seqloom.layers.state import select
from seqloom.models.encoder_decoder import Decoder, EncoderDecoder

SOURCE, TARGET, HIDDEN = 5, 6, 4
START = torch.tensor([-1])


def model_with(decoder: Decoder) -> EncoderDecoder:
    torch.manual_seed(0)
    encoder = Bidirectional(Recurrent(GRU, 3, HIDDEN), stack([Recurrent(LSTM, 3, 2), Recurrent(GRU, 2, HIDDEN)]))
    head = StepHead(decoder.out_features, TARGET)
    return EncoderDecoder(LearnedEmbedding(SOURCE, 3), encoder, OneHot(TARGET), decoder, head).double().eval()


DECODERS = {
    "bottleneck": lambda: BottleneckDecoder(Recurrent(GRU, TARGET + 3, HIDDEN), 2 * HIDDEN, context_features=3),
    "bahdanau": lambda: BahdanauDecoder(Recurrent(GRU, TARGET + 2 * HIDDEN, HIDDEN), AdditiveScore(HIDDEN, 8, 5)),
    "luong": lambda: LuongDecoder(Recurrent(LSTM, TARGET + HIDDEN, HIDDEN), GeneralScore(HIDDEN, 2 * HIDDEN)),
    "transformer": lambda: TransformerDecoder(
        TransformerDecoderBlock(width, HIDDEN, memory_features=2 * HIDDEN, heads=2) for width in (TARGET, HIDDEN)
    ),
}


def test_the_memory_s_lengths_are_those_behind_an_encoder_s_strides() -> None:
    model = model_with(DECODERS["luong"]())
    model.encoder = parse_spec("conv(8, stride=2) + gru(4) bidirectional").build(3).double()
    source, target = torch.randint(SOURCE, (2, 7)), torch.randint(TARGET, (2, 5))
    logits = model(source, torch.tensor([7, 3]), target)
    torch.testing.assert_close(logits[1:], model(source[1:, :3], None, target[1:]))


@pytest.mark.parametrize("name", DECODERS)
def test_stepping_gives_what_training_sees_and_rows_do_not_meet(name: str) -> None:
    model = model_with(DECODERS[name]())
    source, lengths = torch.randint(SOURCE, (3, 7)), torch.tensor([7, 3, 1])
    target, target_lengths = torch.randint(TARGET, (3, 5)), torch.tensor([5, 0, 4])
    logits = model(source, lengths, target, target_lengths)
    for row, (read, write) in enumerate(zip(lengths.tolist(), target_lengths.tolist(), strict=True)):
        state = model.start(source[row : row + 1, :read])
        for t in range(write):
            now, state = model.step(target[row : row + 1, t], state)
            torch.testing.assert_close(now[0], logits[row, t])
        assert not logits[row, write:].any()


@pytest.mark.parametrize("name", DECODERS)
def test_beam_search_and_sampling_see_only_step_and_select(name: str) -> None:
    model = model_with(DECODERS[name]())
    with torch.no_grad():
        logits, state = model.step(START, model.start(torch.randint(SOURCE, (1, 7))))
        best = beam_search(model.step, select, logits, state, width=3, limit=4, end=0)
        assert len(best) == 3
        for found in best:
            written = (*found.tokens, 0) if found.finished else found.tokens
            now, going, total = logits, state, 0.0
            for token in written:
                total += float(now.log_softmax(-1)[0, token])
                now, going = model.step(torch.tensor([token]), going)
            assert found.log_probability == pytest.approx(total)
        sources = torch.randint(SOURCE, (2, 7))
        logits, state = model.step(START.expand(2), model.start(sources, torch.tensor([7, 2])))
        together = list(sample(model.step, select, logits, state, seeds=[3, 4], limit=6, end=0))
        logits, state = model.step(START, model.start(sources[1:, :2]))
        alone = list(sample(model.step, select, logits, state, seeds=[4], limit=6, end=0))
    assert [token for row, token in together if row == 1] == [token for _, token in alone]


@pytest.mark.slow
def test_an_encoder_and_a_decoder_of_transformers_learn_to_reverse() -> None:
    torch.manual_seed(1)
    decoder = TransformerDecoder([TransformerDecoderBlock(32, 32, memory_features=32, heads=2)])
    encoder = stack([InputPositions(32, 32), TransformerBlock(32, 32, heads=2)], last_norm=NormKind.RMS)
    model = EncoderDecoder(LearnedEmbedding(5, 32), encoder, LearnedEmbedding(5, 32), decoder, StepHead(32, 5))
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(300):
        source = torch.randint(5, (32, 5))
        wanted = source.flip(1)
        given = torch.cat([torch.full((32, 1), -1), wanted[:, :-1]], 1)
        loss = torch.nn.functional.cross_entropy(model(source, None, given).flatten(0, 1), wanted.flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.25, "guessing costs log 5 = 1.61"


def test_widths_that_do_not_fit_are_all_named() -> None:
    decoder = BottleneckDecoder(Recurrent(GRU, 3, 4), memory_features=3)
    with pytest.raises(UsageError, match=r"source embedding gives 5.*target embedding gives 6.*decoder gives 4"):
        EncoderDecoder(OneHot(5), Recurrent(GRU, 4, 3), OneHot(6), decoder, StepHead(5, 6))


def reproduction():
    path = Path(__file__).parents[2] / "reproductions" / "bottleneck" / "run.py"
    spec = importlib.util.spec_from_file_location("bottleneck_run", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bahdanau", "luong"])
def test_the_alignment_of_a_reversed_string_is_the_other_diagonal(name: str) -> None:
    run = reproduction()
    torch.manual_seed(0)
    model, length = run.MODELS[name](), 8
    run.train(model, steps=600, longest=length, rate=8e-3, seed=0)
    model.eval()
    assert run.judge(model, length)["exact"] > 0.9
    looked = torch.tensor(run.alignment(model, length))
    wanted = torch.arange(length).flip(0)
    near = (torch.arange(length) - wanted[:, None]).abs() <= 1  # a neighbour's state tells of the symbol too
    assert ((looked.argmax(1) - wanted).abs() <= 1).all()
    assert (looked * near).sum(1).mean() > 0.9
