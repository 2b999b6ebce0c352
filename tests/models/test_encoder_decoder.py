"""The frame around an encoder and a decoder."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch
from torch import nn

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
    parse_encoder_decoder,
    parse_spec,
    stack,
)
from seqloom.layers.attention import AdditiveScore, GeneralScore
from seqloom.layers.state import select
from seqloom.models.encoder_decoder import Decoder, EncoderDecoder

SOURCE, TARGET, HIDDEN = 5, 6, 4
START = torch.tensor([-1])
WORDS = {
    "bottleneck": "gru(4) bidirectional -> bottleneck(4, context=3)",
    "bahdanau": "gru(4) bidirectional -> bahdanau(4, readout=5, summary=mean)",
    "luong": "gru(4) bidirectional -> 2*luong(4, dropout=0.5)",
    "luong without feeding": "gru(4) bidirectional -> luong(4, feed=false, summary=last)",
    "transformer": "positions + transformer(4, causal=false) -> 2*transformer(4, heads=2, dropout=0.5)",
}


def in_words(name: str) -> EncoderDecoder:
    torch.manual_seed(3)
    front = LearnedEmbedding(SOURCE, 4)
    spec = parse_encoder_decoder(WORDS[name])
    model = EncoderDecoder.of(spec, front, LearnedEmbedding(TARGET, 3), dropout=0.5).double().eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.7)
    return model


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
    with pytest.raises(UsageError, match=r"front gives 5.*target embedding gives 6.*decoder gives 4"):
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
    run.TRAINED = length
    run.train(model, steps=600, rate=8e-3, seed=0)
    model.eval()
    assert run.judge(model, length)["exact"] > 0.9
    looked = torch.tensor(run.alignment(model, length))
    wanted = torch.arange(length).flip(0)
    near = (torch.arange(length) - wanted[:, None]).abs() <= 1  # a neighbour's state tells of the symbol too
    assert ((looked.argmax(1) - wanted).abs() <= 1).all()
    assert (looked * near).sum(1).mean() > 0.9


def test_every_part_that_is_no_such_part_is_named() -> None:
    encoder = parse_spec("gru(3)").build(5)
    with pytest.raises(UsageError, match=r"the front is a Front, .*got Linear.*the decoder is a Decoder.*got GRU"):
        EncoderDecoder(nn.Linear(5, 5), encoder, OneHot(6), nn.GRU(6, 4), StepHead(4, 6))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("decoder", "memory"),
    [
        (BottleneckDecoder(Recurrent(GRU, 6, 4), memory_features=3), 3),
        (BahdanauDecoder(Recurrent(GRU, 6 + 3, 4), GeneralScore(4, 3)), 3),
        (LuongDecoder(Recurrent(GRU, 6 + 4, 4), GeneralScore(4, 3)), 3),
        (TransformerDecoder([TransformerDecoderBlock(6, 4, memory_features=3)]), 3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_memory_of_another_width_is_refused_at_once(decoder: Decoder, memory: int) -> None:
    assert decoder.memory_features == memory
    with pytest.raises(UsageError, match="the encoder gives 5 features, the decoder's memory takes 3"):
        EncoderDecoder(None, Recurrent(GRU, 2, 5), OneHot(6), decoder, StepHead(decoder.out_features, 6))


@pytest.mark.parametrize("name", WORDS)
def test_logits_are_those_of_forward_at_the_real_targets(name: str) -> None:
    model = in_words(name)
    source, lengths = torch.randint(SOURCE, (3, 7)), torch.tensor([7, 3, 1])
    targets = torch.tensor([[2, 3, 1, 0], [4, 0, -100, -100], [5, 2, 0, -100]])
    given = torch.tensor([[-1, 2, 3, 1], [-1, 4, 0, 0], [-1, 5, 2, 0]])
    every = model(source, lengths, given, torch.tensor([4, 2, 3]))
    torch.testing.assert_close(model.logits(source, lengths, targets), every[targets != -100])


def test_the_head_runs_on_real_steps_alone() -> None:
    model, seen = in_words("luong"), []
    model.head.register_forward_pre_hook(lambda head, args: seen.append(tuple(args[0].shape)))
    model.logits(torch.randint(SOURCE, (2, 3)), None, torch.tensor([[2, 3, 0], [0, -100, -100]]))
    assert seen == [(4, 4)]


def test_a_source_may_be_values() -> None:
    spec = parse_encoder_decoder("conv(4, stride=2) + gru(6) -> luong(4)")
    model = EncoderDecoder.of(spec, 3, OneHot(TARGET))
    assert model.front is None
    source = torch.randn(2, 7, 3)
    source[1, 4:] = torch.nan
    targets = torch.tensor([[2, 0], [3, 0]])
    together = model.logits(source, torch.tensor([7, 4]), targets)
    torch.testing.assert_close(together[2:], model.logits(source[1:, :4], None, targets[1:]))


def test_a_tied_head_has_the_table() -> None:
    spec, table = parse_encoder_decoder("gru(3) -> luong(4)"), LearnedEmbedding(TARGET, 4, scale=2.0)
    model = EncoderDecoder.of(spec, OneHot(SOURCE), table, tied=True)
    assert model.head.linear.weight is table.table
    with pytest.raises(UsageError, match="tied to a LearnedEmbedding"):
        EncoderDecoder.of(spec, OneHot(SOURCE), OneHot(4), tied=True)
    with pytest.raises(UsageError, match="the decoder gives 4 features, the head takes 3"):
        EncoderDecoder.of(spec, OneHot(SOURCE), LearnedEmbedding(TARGET, 3), tied=True)


def test_dropout_acts_on_learned_embeddings_and_before_the_head_in_training_alone() -> None:
    model, source, targets = in_words("luong without feeding"), torch.tensor([[0, 3, 1]]), torch.tensor([[2, 0]])
    assert torch.equal(model.logits(source, None, targets), model.logits(source, None, targets))
    model.train()
    assert not torch.equal(model.logits(source, None, targets), model.logits(source, None, targets))
    with pytest.raises(UsageError, match="dropout is a share"):
        EncoderDecoder.of(parse_encoder_decoder("gru(3) -> luong(4)"), 2, OneHot(3), dropout=1.0)


@pytest.mark.parametrize("name", WORDS)
def test_many_sources_are_decoded_as_one_by_one(name: str) -> None:
    model, generator = in_words(name), torch.Generator().manual_seed(0)
    lengths = torch.randint(1, 8, (64,), generator=generator)
    sources = torch.randint(SOURCE, (64, 7), generator=generator)
    together = model.train().decode(sources, lengths, width=3, limit=5, length_penalty=0.6)
    assert model.training, "decode leaves the mode as it was, and drops nothing"
    for row, length in enumerate(lengths.tolist()):
        (alone,) = model.decode(sources[row : row + 1, :length], width=3, limit=5, length_penalty=0.6)
        assert [found.tokens for found in together[row]] == [found.tokens for found in alone]


def test_the_longest_target_is_twice_the_source_and_twenty_by_default() -> None:
    model = in_words("luong")
    with torch.no_grad():
        model.head.linear.bias[0] = -1e6
    found = model.decode(torch.zeros(2, 4, dtype=torch.long), torch.tensor([4, 1]), width=1)
    assert [len(row[0].tokens) for row in found] == [28, 22]


@pytest.mark.parametrize("name", WORDS)
def test_alignments_are_shares_of_the_real_steps(name: str) -> None:
    model, source = in_words(name), torch.randint(SOURCE, (2, 5))
    targets = torch.tensor([[2, 3, 0], [4, 0, -100]])
    if name == "bottleneck":
        with pytest.raises(UsageError, match="knows its source by one vector"):
            model.alignments(source, None, targets)
        return
    found = model.alignments(source, torch.tensor([5, 2]), targets)
    assert found.shape == (2, 3, 5)
    torch.testing.assert_close(found.sum(-1), torch.tensor([[1.0, 1, 1], [1, 1, 0]], dtype=torch.float64))
    assert not found[1, :, 2:].any()
    alone = model.alignments(source[1:, :2], None, targets[1:, :2])
    torch.testing.assert_close(found[1:, :2, :2], alone)
