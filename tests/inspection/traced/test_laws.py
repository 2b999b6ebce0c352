"""The laws of a trace, for every word, every cell and a user's cell: outputs are untouched, and quantities are true."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from seqloom import kernels
from seqloom.cells import (
    GRU,
    LRU,
    LSTM,
    RGLRU,
    SLSTM,
    Cell,
    CoupledLSTM,
    Elman,
    GRUResetAfter,
    GRUWithoutReset,
    IndRNN,
    LayerNormGRU,
    LayerNormLSTM,
    LeakyEchoState,
    LiGRU,
    MinGRU,
    MinimalGated,
    MinLSTM,
    PeepholeLSTM,
    ProjectedLSTM,
    RealLRU,
    RecurrentDropout,
    VariationalDropout,
    Zoneout,
    affine,
    named,
    sigmoid,
    tanh,
)
from seqloom.errors import UsageError
from seqloom.inspection import Trace, trace
from seqloom.inspection.traced.recorder import Recorder, Recurrence
from seqloom.inspection.traced.recurrences import Evaluated
from seqloom.layers import Recurrent, parse_spec
from seqloom.layers.words import WORDS

B, T, D, H = 3, 7, 4, 4
LENGTHS = torch.tensor([7, 0, 4])
EVERYTHING = ("gates", "states", "attention", "implicit_attention", "memory")


class Latch(Cell):
    """A user's cell."""

    def equations(self, x, h):
        write = named("write_gate", sigmoid(affine("write", x, h)))
        return named("memory", (1 - write) * h + write * named("candidate", tanh(affine("candidate", x, h))))


def close(a: Tensor, b: Tensor) -> None:
    torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def before(q: Trace, name: str) -> Tensor:
    """The state one step earlier; 0 before the first."""
    return torch.cat([torch.zeros(B, 1, H), q[name][:, :-1]], 1)


def lstm(q: Trace) -> None:
    close(q["cell_state"], q["forget_gate"] * before(q, "cell_state") + q["input_gate"] * q["candidate"])


def read_out(q: Trace) -> None:
    lstm(q)
    close(q["h"], q["output_gate"] * torch.tanh(q["cell_state"]))


def coupled(q: Trace) -> None:
    read_out(q)
    close(q["forget_gate"], 1 - q["input_gate"])


def mixing(gate: str, keeps: bool, state: str = "h") -> Callable[[Trace], None]:
    def check(q: Trace) -> None:
        kept = q[gate] if keeps else 1 - q[gate]
        close(q[state], kept * before(q, state) + (1 - kept) * q["candidate"])

    return check


def slstm(q: Trace) -> None:
    lstm(q)
    close(q["normaliser_state"], q["forget_gate"] * before(q, "normaliser_state") + q["input_gate"])
    close(q["h"], q["output_gate"] * q["cell_state"] / q["normaliser_state"].clamp(min=1e-6))


def minlstm(q: Trace) -> None:
    close(q["forget_gate"] + q["input_gate"], torch.ones(B, T, H))
    mixing("forget_gate", keeps=True)(q)


def lru(q: Trace) -> None:
    close(q["eigenvalue_real"].square() + q["eigenvalue_imaginary"].square(), q["radius"].square())
    close(q["normalisation"], (1 - q["radius"].square()).sqrt())


def real_lru(q: Trace) -> None:
    close(q["normalisation"], (1 - q["eigenvalue"].square()).sqrt())


def echo(q: Trace) -> None:
    close(q["h"], 0.7 * before(q, "h") + 0.3 * q["update"])


def zoneout(q: Trace) -> None:
    close(q["cell_state"], q["forget_gate"] * before(q, "c") + q["input_gate"] * q["candidate"])
    close(q["c"], 0.1 * before(q, "c") + 0.9 * q["cell_state"])


def nothing(q: Trace) -> None:
    assert list(q.quantities) == ["h"]


CELLS: dict[str, tuple[Cell, Callable[[Trace], None]]] = {
    "Elman": (Elman(), nothing),
    "IndRNN": (IndRNN(), nothing),
    "LSTM": (LSTM(), read_out),
    "CoupledLSTM": (CoupledLSTM(), coupled),
    "PeepholeLSTM": (PeepholeLSTM(), read_out),
    "ProjectedLSTM": (ProjectedLSTM(projection=2), lstm),
    "LayerNormLSTM": (LayerNormLSTM(), lstm),
    "GRU": (GRU(), mixing("update_gate", keeps=True)),
    "GRU writes": (GRU(update="writes"), mixing("update_gate", keeps=False)),
    "GRUResetAfter": (GRUResetAfter(), mixing("update_gate", keeps=True)),
    "GRUWithoutReset": (GRUWithoutReset(), mixing("update_gate", keeps=True)),
    "LayerNormGRU": (LayerNormGRU(), mixing("update_gate", keeps=False)),
    "LiGRU": (LiGRU(), mixing("update_gate", keeps=True)),
    "MinimalGated": (MinimalGated(), mixing("forget_gate", keeps=False)),
    "MinGRU": (MinGRU(), mixing("update_gate", keeps=False)),
    "MinGRU positive": (MinGRU(positive=True), mixing("update_gate", keeps=False)),
    "MinLSTM": (MinLSTM(), minlstm),
    "LRU": (LRU(r_min=0.5, r_max=0.9), lru),
    "RealLRU": (RealLRU(r_min=0.5, r_max=0.9), real_lru),
    "RGLRU": (RGLRU(heads=2), lambda q: None),
    "SLSTM": (SLSTM(heads=2), slstm),
    "LeakyEchoState": (LeakyEchoState(), echo),
    "Zoneout": (Zoneout(LSTM()), zoneout),
    "RecurrentDropout": (RecurrentDropout(LSTM()), read_out),
    "VariationalDropout": (VariationalDropout(GRU()), mixing("update_gate", keeps=True)),
    "a user's": (Latch(), mixing("write_gate", keeps=False, state="memory")),
}
KERNELS = ("auto", "reference", *(pytest.param(kernel, marks=pytest.mark.slow) for kernel in ("cpu", "derived")))


def layer_of(name: str) -> Recurrent:
    torch.manual_seed(0)
    return Recurrent(CELLS[name][0], D, H).eval()


@pytest.mark.parametrize("name", CELLS)
def test_gates_satisfy_the_equations_of_their_cell(name: str) -> None:
    layer = layer_of(name)
    found = trace(layer, torch.randn(B, T, D))
    CELLS[name][1](found)
    assert list(found.quantities) == list(layer.graph.quantities)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", CELLS)
def test_outputs_are_those_of_no_trace_to_the_bit(name: str, kernel: str) -> None:
    layer, x = layer_of(name), torch.randn(B, T, D)
    for lengths in (None, LENGTHS):
        with kernels.use(kernel), torch.no_grad():
            y, state = layer(x, None, lengths)
            found = trace(layer, x, lengths)
        assert torch.equal(found.outputs[0], y)
        assert all(map(torch.equal, found.outputs[1][: len(layer.graph.states)], state))
        if found.remarks:
            continue  # then the states are another kernel's
        names = list(layer.graph.quantities)
        positions = [layer.graph.quantities[each] for each in names]
        for new, last in zip(layer.graph.new_states, state, strict=False):
            sequence = found[names[positions.index(new)]]
            assert torch.equal(sequence[0, -1], last[0])
            assert torch.equal(sequence[2, 3 if lengths is not None else -1], last[2])


@pytest.mark.parametrize("name", CELLS)
def test_a_ragged_row_is_the_row_alone_and_nothing_beyond_its_end(name: str) -> None:
    layer, x = layer_of(name), torch.randn(B, T, D)
    x[2, 4:] = torch.nan
    found, alone = trace(layer, x, LENGTHS), trace(layer, x[2:, :4])
    for key, value in found.quantities.items():
        close(value[2, :4], alone[key][0])
        assert not value[2, 4:].any()
        assert not value[1].any()


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_traced(word: str) -> None:
    torch.manual_seed(0)
    layer = parse_spec(word if word in ("positions", "norm") else f"{word}(8)").build(8).eval()
    x = torch.randn(B, T, 8)
    for lengths in (None, LENGTHS):
        with torch.no_grad():
            y, _ = layer(x, None, lengths)
        found = trace(layer, x, lengths, of=EVERYTHING if lengths is not None else ("gates", "states"))
        assert torch.equal(found.outputs[0], y)
        for key, value in found.quantities.items():
            assert value.isfinite().all(), key
            steps = value.movedim(2, 1) if value.ndim == 4 and "attention" in key else value
            assert lengths is None or not (steps[1].any() or steps[2, 4:].any()), key
    without = {"project", "conv", "positions", "window", "norm"}
    assert bool(found.quantities) == (word not in without)


def test_a_second_piece_begins_from_the_state_of_the_first() -> None:
    layer, x = layer_of("LSTM"), torch.randn(B, T, D)
    whole, first = trace(layer, x), trace(layer, x[:, :3])
    second = trace(layer, (x[:, 3:], first.outputs[1]))
    for name in whole.quantities:
        close(torch.cat([first[name], second[name]], 1), whole[name])


def test_a_graph_of_before_there_were_names_shows_its_states() -> None:
    layer = layer_of("LSTM")
    data = layer.graph.to_data()
    del data["names"]
    old = Recurrent.from_graph(type(layer.graph).from_data(data), H)
    old.load_state_dict(layer.state_dict())
    x = torch.randn(B, T, D)
    found, new = trace(old, x), trace(layer, x)
    assert list(found.quantities) == ["h", "c"]
    assert torch.equal(found["c"], new["cell_state"])


def test_torchs_own_kernel_is_not_asked_for_what_it_does_not_show() -> None:
    layer, x = layer_of("LSTM"), torch.randn(B, T, D)
    with kernels.use("torch"):
        found = trace(layer, x)
    assert found.remarks == ("the kernel 'torch' shows no more than h; all else is that of 'cpu'",)
    assert torch.equal(found["h"], found.outputs[0])
    with kernels.use("torch"):
        assert not trace(layer_of("GRUResetAfter"), x, of="states").remarks, "all there is of a GRU is h"
        assert trace(layer_of("GRUResetAfter"), x).remarks, "but its gates are not shown"


@pytest.mark.parametrize("name", ["LSTM", "GRU", "PeepholeLSTM", "LayerNormLSTM", "a user's"])
def test_gates_come_out_of_the_run_itself(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layer, x = layer_of(name), torch.randn(B, T, D)
    with kernels.use("cpu"):
        states = trace(layer, x, of="states")
        anew = {key: Evaluated(ran).node(k) for ran in [seen_of(layer, x)] for key, k in layer.graph.quantities.items()}
        monkeypatch.setattr(Evaluated, "_evaluated", None)
        found = trace(layer, x)
    assert {*states.quantities} < {*found.quantities}
    for key, value in found.quantities.items():
        close(value, anew[key])


def seen_of(layer: Recurrent, x: Tensor) -> Recurrence:
    """What a recorder keeps that was asked for states alone."""
    recorder = Recorder(layer)
    with recorder.recording():
        layer(x)
    (seen,) = recorder.seen
    assert isinstance(seen.shown, Recurrence)
    return seen.shown


def test_gates_that_have_no_room_are_not_made_before_they_are_chosen() -> None:
    layer, x = layer_of("LSTM"), torch.randn(B, T, D)
    room = 4 * B * T * H
    with kernels.use("cpu"):
        one = trace(layer, x, of="forget_gate", most_bytes=room)
        close(one["forget_gate"], trace(layer, x)["forget_gate"])
        recorder = Recorder(layer, ["gates"], 4 * room - 1)
        with recorder.recording():
            layer(x)
        (seen,) = recorder.seen
        assert isinstance(seen.shown, Recurrence)
        assert len(seen.shown.found) == 2, "states alone"
        with pytest.raises(UsageError, match="most_bytes"):
            trace(layer, x, of="gates", most_bytes=room)
