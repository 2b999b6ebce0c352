"""A plan printed: its stages, its figures against torch's own count, and names for everything."""

from __future__ import annotations

import json

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from seqloom.cells import (
    GRU,
    LSTM,
    Cell,
    Elman,
    GRUResetAfter,
    Symbol,
    affine,
    bernoulli,
    exp,
    norm,
    sigmoid,
    tanh,
    trace,
    weight,
)
from seqloom.errors import UsageError
from seqloom.kernels import Call, Randomness, explain_cell
from seqloom.kernels.reference import Reference


class Diagonal(Cell):
    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        z = sigmoid(affine("gate", x))
        return z * h + (1 - z) * affine("candidate", x)


class Everything(Cell):
    """Norms, heads, coins, a peephole, a decay of the weights alone, and an output that is no state."""

    state = ("h", "c")

    def equations(self, x: Symbol, h: Symbol, c: Symbol) -> tuple[Symbol, Symbol]:
        decay, peephole = exp(-exp(weight("decay"))), weight("peephole")
        gate = sigmoid(norm("of_x", affine("gate", x)) + norm("of_h", affine("heads", h, blocks=2)) + peephole * c)
        c = decay * gate * c + bernoulli("coins", 0.9) * tanh(affine("both", x, h * gate, bias=False))
        return tanh(norm("of_c", c, "rms")), c

    def output(self, x: Symbol, h: Symbol, c: Symbol) -> Symbol:
        return h * c


class Narrow(Cell):
    """A state of one unit that is spread over the others."""

    state = ("h", "scale")

    def width(self, name: str, hidden: int) -> int:
        return 1 if name == "scale" else hidden

    def equations(self, x: Symbol, h: Symbol, scale: Symbol) -> tuple[Symbol, Symbol]:
        return tanh(affine("hidden", x, h)) * scale, sigmoid(affine("new_scale", x, scale, out=1))


CELLS = (Elman, LSTM, GRU, GRUResetAfter, Diagonal, Everything, Narrow)


def test_gru_before_reset_in_words() -> None:
    lines = [line.strip() for line in str(explain_cell(GRU, 64, 128)).splitlines()]
    assert "candidate_map = W_candidate_0 x + b_candidate  (128 × 64)" in lines
    assert "In the loop, at each step: 2 products deep, each waiting for the one before" in lines
    assert "1. product    update += W_update_1 h  (128 × 128)" in lines
    assert "3. product    candidate_map += W_candidate_1 (reset_gate * h)  (128 × 128)" in lines
    assert "h' = (update_gate * h) + ((1 - update_gate) * candidate)" in lines
    assert "1 - update_gate" in lines[lines.index("Computed again on the way back") + 1]
    assert "∂W_candidate_1 = Σ ∂candidate_map ⊗ (reset_gate * h)  (128 × 128)" in lines
    assert "FLOPs of the products, per token: 147,456 forward, 294,912 backward" in lines


@pytest.mark.parametrize(("cell", "deep"), [(LSTM, 1), (GRU, 2), (GRUResetAfter, 1), (Diagonal, 0), (Everything, 2)])
def test_products_that_wait_for_one_another_are_counted(cell: type[Cell], deep: int) -> None:
    found = explain_cell(cell, 6, 8)
    assert (found.products_deep, found.backward_products_deep) == (deep, deep)


def test_products_that_do_not_wait_stand_in_one_stage() -> None:
    found = explain_cell(LSTM, 6, 8)
    assert [stage.kind for stage in found.loop] == ["product", "pointwise"]
    assert len(found.loop[0].lines) == 4


def test_an_lstm_keeps_its_gates_and_states_and_nothing_else() -> None:
    kept = dict(explain_cell(LSTM, 6, 8).kept)
    gates = dict.fromkeys(("input_gate", "forget_gate", "candidate", "output_gate"), 8)
    assert kept == {"x": 6, "h": 8, "c": 8, **gates}


@pytest.mark.parametrize("cell", CELLS)
def test_flops_are_those_that_torch_counts(cell: type[Cell]) -> None:
    """A product of one row is a product to torch too; B = 3 rows count three times."""
    batch, graph = 3, trace(cell(), 6, 8).graph
    parameters = {p.name: torch.rand(p.shape, requires_grad=True) for p in graph.parameters()}
    states = tuple(torch.rand(batch, state.width, requires_grad=True) for state in graph.states)
    zeros = torch.zeros(batch, dtype=torch.int64)
    x = torch.rand(batch, 1, 6, requires_grad=True)
    with FlopCounterMode(display=False) as forward:
        y, new = Reference().run(Call(graph, parameters, x, states, None, Randomness(zeros, zeros)))
    with FlopCounterMode(display=False) as backward:
        (y.sum() + sum(state.sum() for state in new)).backward()
    found = explain_cell(cell, 6, 8)
    assert found.flops * batch == forward.get_total_flops()
    assert found.backward_flops * batch == backward.get_total_flops()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("training", [False, True])
def test_every_cell_is_explained_and_is_data(cell: type[Cell], training: bool) -> None:
    found = explain_cell(cell(), 6, 8, training=training)
    assert all(line in str(found) for line in found.equations)
    assert json.loads(json.dumps(found.to_data()))["flops"] == found.flops
    assert bool(found.backward) == bool(found.after) == ("backward" in str(found)) == training
    assert "inner value" not in str(found)


def test_norms_coins_and_vectors_of_the_weights_have_stages_of_their_own() -> None:
    text = str(explain_cell(Everything, 6, 8))
    for part in (
        "exp(-exp(decay)), of the weights alone",
        "norm       normalised(gate)",
        "coins      coins, 1 with probability 0.9, a throw per step",
        "heads = W_heads_0 h + b_heads  (2 × 4 × 4)",
        "y = h' * c'",
        "∂scale_of_x",
    ):
        assert part in text, text
    assert "coins  " not in str(explain_cell(Everything, 6, 8, training=False)), "no coin is thrown in inference"


def test_what_is_no_cell_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="expected a Cell class or instance, not 'gru'"):
        explain_cell("gru", 6, 8)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="width"):
        explain_cell(GRU, 6, 0)
