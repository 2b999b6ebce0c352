"""Decoders with attention, and the bottleneck, against loops written by hand over torch's cells."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from seqloom.cells import GRU, LSTM, GRUResetAfter
from seqloom.errors import UsageError
from seqloom.kernels.torch_order import GRU_TWIN, LSTM_TWIN
from seqloom.layers import (
    BahdanauDecoder,
    BottleneckDecoder,
    CausalLayer,
    LuongDecoder,
    Recurrent,
    Summary,
    Window,
    stack,
)
from seqloom.layers.attention import AdditiveScore, ConcatScore, DotScore, GeneralScore
from seqloom.layers.decoders.bridge import both_ends
from seqloom.layers.state import select
from seqloom.testing import check_layer

BATCH, TIME, STEPS = 3, 4, 5
LENGTHS = torch.tensor([5, 2, 0])


def ragged_memory(features: int, batch: int = BATCH) -> tuple[Tensor, Tensor]:
    """A random memory whose rows have 5, 2 and 0 real steps, with NaN beyond."""
    memory = torch.randn(batch, STEPS, features, dtype=torch.float64)
    for row, length in enumerate(LENGTHS[:batch].tolist()):
        memory[row, length:] = torch.nan
    return memory, LENGTHS[:batch]


def with_memory(layer: CausalLayer, batch: int):
    memory, lengths = ragged_memory(layer.bridge.memory_features, batch)
    return layer.initial_state(batch, memory=memory, memory_lengths=lengths)


DECODERS = {
    "bahdanau, additive": lambda: BahdanauDecoder(Recurrent(GRU, 2 + 2, 3), AdditiveScore(3, 2, hidden_size=2)),
    "luong, general": lambda: LuongDecoder(Recurrent(LSTM, 2 + 3, 3), GeneralScore(3, 2)),
    "luong, dot": lambda: LuongDecoder(Recurrent(GRU, 2 + 2, 2), DotScore(2)),
    "luong, without feeding": lambda: LuongDecoder(Recurrent(LSTM, 2, 3), GeneralScore(3, 2), feed=False),
    "bahdanau, readout, mean": lambda: BahdanauDecoder(Recurrent(GRU, 4, 3), GeneralScore(3, 2), 5, Summary.MEAN),
    "bottleneck": lambda: BottleneckDecoder(Recurrent(LSTM, 2, 3), memory_features=2),
    "bottleneck with context": lambda: BottleneckDecoder(Recurrent(GRU, 2 + 2, 3), 2, context_features=2),
}
MORE = {
    "bahdanau, general": lambda: BahdanauDecoder(Recurrent(LSTM, 2 + 2, 3), GeneralScore(3, 2)),
    "bahdanau, dot, stack": lambda: BahdanauDecoder(
        stack([Recurrent(LSTM, 2 + 3, 2), Recurrent(GRU, 2, 3)]), DotScore(3)
    ),
    "luong, concat, stack": lambda: LuongDecoder(
        stack([Recurrent(GRU, 2 + 3, 2), Recurrent(LSTM, 2, 3)]), ConcatScore(3, 2, hidden_size=2)
    ),
}


@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_obeys_the_laws(name: str) -> None:
    check_layer(DECODERS[name], initial=with_memory)


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["auto", "reference"])
@pytest.mark.parametrize("name", DECODERS | MORE)
def test_every_decoder_obeys_the_laws_on_every_kernel(name: str, kernel: str) -> None:
    check_layer((DECODERS | MORE)[name], kernel=kernel, initial=with_memory)


def test_the_laws_see_the_memory_only_where_the_initial_state_has_one() -> None:
    with pytest.raises(AssertionError, match="cannot learn"):
        check_layer(DECODERS["bahdanau, additive"])


def torch_cell(layer: Recurrent) -> nn.RNNCellBase:
    """torch's cell with the weights of ours."""
    kind, twin = (nn.LSTMCell, LSTM_TWIN) if isinstance(layer.cell, LSTM) else (nn.GRUCell, GRU_TWIN)
    cell = kind(layer.in_features, layer.hidden_size).double()
    joined = twin.join(dict(layer.weights.named_parameters()))
    for name, weight in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), joined, strict=True):
        setattr(cell, name, nn.Parameter(weight.detach().clone()))
    return cell


def context_of(scores: Tensor, memory: Tensor) -> Tensor:
    """One row: scores (S,) and memory (S, M) → (M,)."""
    return torch.softmax(scores, 0) @ memory if len(memory) else memory.new_zeros(memory.shape[1])


def test_input_feeding_is_the_loop_over_torchs_lstm_cell() -> None:
    torch.manual_seed(0)
    layer = LuongDecoder(Recurrent(LSTM, 2 + 4, 4), GeneralScore(4, 3)).double()
    cell, x = torch_cell(layer.body), torch.randn(BATCH, TIME, 2, dtype=torch.float64)
    memory, lengths = ragged_memory(3)
    y, _ = layer(x, layer.initial_state(BATCH, memory=memory, memory_lengths=lengths))
    bridge, score, combine = layer.bridge.linear.weight, layer.attention.score.memory_map.weight, layer.combine.weight
    for row, length in enumerate(lengths.tolist()):
        seen = memory[row, :length]
        ends = torch.cat([seen[-1], seen[0]]) if length else torch.zeros(6, dtype=torch.float64)
        (h, c), fed = torch.tanh(bridge @ ends).chunk(2), torch.zeros_like(y[0, 0])
        for t in range(TIME):
            h, c = cell(torch.cat([x[row, t], fed]), (h, c))
            fed = torch.tanh(combine @ torch.cat([context_of(seen @ score.T @ h, seen), h]))
            torch.testing.assert_close(y[row, t], fed, rtol=1e-10, atol=1e-12)


def test_bahdanaus_form_is_the_loop_over_torchs_gru_cell() -> None:
    torch.manual_seed(0)
    layer = BahdanauDecoder(Recurrent(GRUResetAfter, 2 + 3, 4), AdditiveScore(4, 3, hidden_size=5)).double()
    cell, x = torch_cell(layer.body), torch.randn(BATCH, TIME, 2, dtype=torch.float64)
    memory, lengths = ragged_memory(3)
    state = layer.initial_state(BATCH, memory=memory, memory_lengths=lengths)
    y, _ = layer(x, state)
    alignments = layer.alignments(x, state)
    score = layer.attention.score
    w, u, v = score.query_map.weight, score.memory_map.weight, score.vector
    for row, length in enumerate(lengths.tolist()):
        seen = memory[row, :length]
        ends = torch.cat([seen[-1], seen[0]]) if length else torch.zeros(6, dtype=torch.float64)
        s = torch.tanh(layer.bridge.linear.weight @ ends)
        for t in range(TIME):
            scores = torch.stack([v @ torch.tanh(w @ s + u @ h) for h in seen]) if length else seen.new_zeros(0)
            context = context_of(scores, seen)
            s = cell(torch.cat([x[row, t], context]), s)
            torch.testing.assert_close(y[row, t], torch.cat([s, context]), rtol=1e-10, atol=1e-12)
            torch.testing.assert_close(alignments[row, t, :length], torch.softmax(scores, 0), rtol=1e-10, atol=1e-12)
            assert not alignments[row, t, length:].any()


def test_the_bottleneck_with_context_is_the_loop_over_torchs_gru_cell() -> None:
    torch.manual_seed(0)
    layer = BottleneckDecoder(Recurrent(GRUResetAfter, 2 + 3, 4), memory_features=3, context_features=3).double()
    cell, x = torch_cell(layer.body), torch.randn(BATCH, TIME, 2, dtype=torch.float64)
    memory, lengths = ragged_memory(3)
    y, _ = layer(x, layer.initial_state(BATCH, memory=memory, memory_lengths=lengths))
    for row, length in enumerate(lengths.tolist()):
        ends = torch.cat([memory[row, length - 1], memory[row, 0]]) if length else torch.zeros(6, dtype=torch.float64)
        h, context = torch.tanh(layer.bridge.linear.weight @ ends), torch.tanh(layer.context_map.weight @ ends)
        for t in range(TIME):
            h = cell(torch.cat([x[row, t], context]), h)
            torch.testing.assert_close(y[row, t], h, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", DECODERS)
def test_what_stands_beyond_the_memory_is_harmless(name: str) -> None:
    layer, x = DECODERS[name]().double(), torch.randn(BATCH, TIME, 2, dtype=torch.float64)
    memory, lengths = ragged_memory(layer.bridge.memory_features)
    memory.requires_grad_()
    y, _ = layer(x, layer.initial_state(BATCH, memory=memory, memory_lengths=lengths))
    for row, length in enumerate(lengths.tolist()):
        alone = layer.initial_state(1, memory=memory[row : row + 1, :length])
        torch.testing.assert_close(layer(x[row : row + 1], alone)[0][0], y[row])
    y.sum().backward()
    assert all(bool(torch.isfinite(p.grad).all()) for p in (memory, *layer.parameters()))
    assert memory.grad[0].any()


@pytest.mark.parametrize("name", DECODERS)
def test_no_memory_is_a_memory_without_steps(name: str) -> None:
    layer, x = DECODERS[name](), torch.randn(2, TIME, 2)
    features = layer.bridge.memory_features
    none = layer.initial_state(2, memory=torch.full((2, 3, features), torch.nan), memory_lengths=torch.tensor([0, 0]))
    torch.testing.assert_close(layer(x)[0], layer(x, none)[0])


def test_rows_of_the_state_carry_their_memory() -> None:
    layer, rows = DECODERS["bahdanau, additive"]().double(), torch.tensor([1, 1, 0])
    state = with_memory(layer, BATCH)
    x_t = torch.randn(BATCH, 2, dtype=torch.float64)
    y_t, _ = layer.step(x_t, state)
    torch.testing.assert_close(layer.step(x_t[rows], select(state, rows))[0], y_t[rows])


def test_both_ends_of_a_memory() -> None:
    memory = torch.arange(12.0).view(2, 3, 2)
    assert both_ends(memory, None).tolist() == [[4, 5, 0, 1], [10, 11, 6, 7]]
    assert both_ends(memory, torch.tensor([2, 1])).tolist() == [[2, 3, 0, 1], [6, 7, 6, 7]]
    assert both_ends(memory[:, :0], None).tolist() == [[0, 0, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("summary", Summary)
def test_a_summary_reads_real_steps_alone(summary: Summary) -> None:
    memory, lengths = torch.randn(3, 4, 2), torch.tensor([4, 2, 0])
    beyond = (torch.arange(4) >= lengths[:, None])[..., None]
    found = summary(memory.masked_fill(beyond, torch.nan), lengths)
    torch.testing.assert_close(found, summary(memory.masked_fill(beyond, 0), lengths))
    assert not found[2].any()


def test_input_feeding_over_a_body_without_a_state_vector() -> None:
    layer = LuongDecoder(Window(2 + 4, 4, size=3), DotScore(4))
    state = layer.initial_state(2, memory=torch.randn(2, 5, 4))
    assert layer(torch.randn(2, TIME, 2), state)[0].shape == (2, TIME, 4)


def test_parts_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match="LuongDecoder needs none"):
        BahdanauDecoder(Window(5, 4), AdditiveScore(4, 3, hidden_size=5))
    with pytest.raises(UsageError, match="state of 5 features, but it has 4"):
        BahdanauDecoder(Recurrent(GRU, 5, 4), AdditiveScore(5, 3, hidden_size=5))
    with pytest.raises(UsageError, match="it reads 3"):
        BahdanauDecoder(Recurrent(GRU, 3, 4), AdditiveScore(4, 3, hidden_size=5))
    with pytest.raises(UsageError, match="asks with 3 features, but the body gives 4"):
        LuongDecoder(Recurrent(GRU, 6, 4), DotScore(3))
    with pytest.raises(UsageError, match="it reads 4"):
        LuongDecoder(Recurrent(GRU, 4, 4), DotScore(4))
    with pytest.raises(UsageError, match="no state vector"):
        BottleneckDecoder(Window(2, 4), memory_features=3)
    with pytest.raises(UsageError, match="at least 0 and less"):
        BottleneckDecoder(Recurrent(GRU, 3, 4), memory_features=3, context_features=3)
    layer = LuongDecoder(Recurrent(GRU, 6, 4), DotScore(4))
    with pytest.raises(UsageError, match="2 rows need a memory of as many rows; got 3"):
        layer.initial_state(2, memory=torch.zeros(3, 5, 4))
    with pytest.raises(UsageError, match=r"\(B, T, 4\); got \(2, 5, 3\)"):
        layer.initial_state(2, memory=torch.zeros(2, 5, 3))


def test_without_feeding_the_recurrence_runs_alone_and_attention_follows() -> None:
    torch.manual_seed(0)
    layer = LuongDecoder(Recurrent(LSTM, 2, 4), GeneralScore(4, 3), feed=False).double()
    memory, lengths = ragged_memory(3)
    state = layer.initial_state(BATCH, memory=memory, memory_lengths=lengths)
    x = torch.randn(BATCH, TIME, 2, dtype=torch.float64)
    h, _ = layer.body(x, state.recurrence)
    y, _ = layer(x, state)
    for row, length in enumerate(lengths.tolist()):
        seen = memory[row, :length]
        for t in range(TIME):
            context = context_of(seen @ layer.attention.score.memory_map.weight.T @ h[row, t], seen)
            wanted = torch.tanh(layer.combine.weight @ torch.cat([context, h[row, t]]))
            torch.testing.assert_close(y[row, t], wanted, rtol=1e-10, atol=1e-12)


def test_a_readout_is_the_largest_of_each_pair() -> None:
    torch.manual_seed(0)
    bare = BahdanauDecoder(Recurrent(GRU, 2 + 3, 4), GeneralScore(4, 3)).double()
    read = BahdanauDecoder(Recurrent(GRU, 2 + 3, 4), GeneralScore(4, 3), readout=5).double()
    read.load_state_dict(bare.state_dict(), strict=False)
    memory, lengths = ragged_memory(3)
    x = torch.randn(BATCH, TIME, 2, dtype=torch.float64)
    known, _ = bare(x, bare.initial_state(BATCH, memory=memory, memory_lengths=lengths))
    y, _ = read(x, read.initial_state(BATCH, memory=memory, memory_lengths=lengths))
    maps = read.maxout.linear
    pairs = torch.cat([known, x], -1) @ maps.weight.T + maps.bias
    torch.testing.assert_close(y, torch.maximum(pairs[..., ::2], pairs[..., 1::2]))
    with pytest.raises(UsageError, match="readout: expected at least 1"):
        BahdanauDecoder(Recurrent(GRU, 2 + 3, 4), GeneralScore(4, 3), readout=0)


@pytest.mark.parametrize("summary", Summary)
def test_a_memory_begins_h_and_c_by_its_summary(summary: Summary) -> None:
    layer = LuongDecoder(stack([Recurrent(LSTM, 6, 4), Recurrent(GRU, 4, 4)]), GeneralScore(4, 3), summary=summary)  # type: ignore[arg-type]
    memory, lengths = torch.randn(2, STEPS, 3), torch.tensor([5, 2])
    (lstm, gru), _ = layer.initial_state(2, memory=memory, memory_lengths=lengths).recurrence
    for row, length in enumerate(lengths.tolist()):
        seen = memory[row, :length]
        vector = {"ends": torch.cat([seen[-1], seen[0]]), "mean": seen.mean(0), "last": seen[-1]}[summary.value]
        wanted = torch.tanh(layer.bridge.linear.weight @ vector)
        torch.testing.assert_close(torch.cat([lstm.h[row], gru.h[row], lstm.c[row]]), wanted)
