"""Quantities by name: the names of every cell, and that nothing else follows from them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from seqloom import cells
from seqloom.cells import (
    GRU,
    LRU,
    LSTM,
    RGLRU,
    SLSTM,
    Cell,
    CoupledLSTM,
    Elman,
    Graph,
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
    Symbol,
    VariationalDropout,
    Zoneout,
    affine,
    formula,
    named,
    sigmoid,
    tanh,
    trace,
    weight,
)
from seqloom.errors import UsageError
from seqloom.kernels import explain_cell, explain_graph
from seqloom.kernels.plan import plan
from seqloom.layers.blocks.slstm import MappedSLSTM

OF_LSTM = "input_gate forget_gate candidate output_gate cell_state h"
OF_GRU = "update_gate reset_gate candidate h"
OF_SLSTM = "candidate output_gate stabiliser_state input_gate forget_gate cell_state normaliser_state h"
CELLS = {  # the cell, what its graph's JSON hashed to before there were names, and its names
    "Elman": (Elman(), "02f38357d8675f1a", "h"),
    "IndRNN": (IndRNN(), "3aeb578d2f23a1a7", "h"),
    "LSTM": (LSTM(), "cc7620924c83c5a5", OF_LSTM),
    "CoupledLSTM": (
        CoupledLSTM(),
        "7540525f98fd21dd",
        "input_gate candidate output_gate forget_gate cell_state h",
    ),
    "PeepholeLSTM": (
        PeepholeLSTM(),
        "bb86eb69e8b78ea9",
        "input_gate forget_gate candidate cell_state output_gate h",
    ),
    "ProjectedLSTM": (ProjectedLSTM(projection=2), "b399ec982397fe9d", OF_LSTM),
    "LayerNormLSTM": (LayerNormLSTM(), "6cb41c632ec933d2", OF_LSTM),
    "GRU": (GRU(), "7329182352a83b41", OF_GRU),
    "GRU writes": (GRU(update="writes"), "1cde76010f102297", OF_GRU),
    "GRUResetAfter": (GRUResetAfter(), "e1c78df8bdc0234f", "reset_gate update_gate candidate h"),
    "GRUWithoutReset": (GRUWithoutReset(), "1e5b77518fc72f6e", "update_gate candidate h"),
    "LayerNormGRU": (LayerNormGRU(), "39a1491f0862de83", "reset_gate update_gate candidate h"),
    "LiGRU": (LiGRU(), "33274f48bc2349e6", "update_gate candidate h"),
    "MinimalGated": (MinimalGated(), "5700ced63bb95f4b", "forget_gate candidate h"),
    "MinGRU": (MinGRU(), "b96b9971ad275203", "update_gate candidate h"),
    "MinGRU positive": (MinGRU(positive=True), "de2f4fc9a0873abb", "update_gate candidate h"),
    "MinLSTM": (MinLSTM(), "c5a8257f9392f6c0", "forget_gate input_gate candidate h"),
    "MinLSTM positive": (MinLSTM(positive=True), "9178a023f822e230", "forget_gate input_gate candidate h"),
    "LRU": (
        LRU(),
        "44394fe801c0b0a9",
        "radius normalisation eigenvalue_real eigenvalue_imaginary real imaginary",
    ),
    "RealLRU": (RealLRU(), "f4a506641d2fef5c", "eigenvalue normalisation h"),
    "RGLRU": (RGLRU(heads=2), "7697bb4674e7ff10", "recurrence_gate input_gate recurrent_weight h"),
    "SLSTM": (SLSTM(heads=2), "e11bada3e3901919", OF_SLSTM),
    "SLSTM exponential": (SLSTM(forget_gate="exponential"), "5d6ab6306aa0095b", OF_SLSTM),
    "MappedSLSTM": (MappedSLSTM(heads=2), "07e62591ba999905", OF_SLSTM),
    "LeakyEchoState": (LeakyEchoState(), "99fddd5c5abe4d8c", "update h"),
    "Zoneout": (Zoneout(LSTM()), "4273a1f91d2887f4", f"{OF_LSTM} c"),
    "RecurrentDropout": (RecurrentDropout(LSTM()), "bd0cc53c6dcbfd2b", OF_LSTM),
    "VariationalDropout": (VariationalDropout(GRU()), "f02891f17dd7e594", OF_GRU),
}
HIDDEN = 4
WIDTHS = {"RGLRU": HIDDEN, "SLSTM": HIDDEN, "MappedSLSTM": 4 * HIDDEN}


def graph_of(name: str) -> Graph:
    return trace(CELLS[name][0], WIDTHS.get(name, 3), HIDDEN).graph


def test_the_table_has_every_cell() -> None:
    kinds = {type(cell) for cell, _, _ in CELLS.values()}
    found = [getattr(cells, name) for name in cells.__all__]
    concrete = {kind for kind in found if isinstance(kind, type) and issubclass(kind, Cell)}
    assert {kind for kind in concrete if not kind.__abstractmethods__} <= kinds


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_has_its_names_and_computes_what_it_did(name: str) -> None:
    """The golden comparison: every node of before, in the place of before, so weights and numbers are the same."""
    graph = graph_of(name)
    _, before, names = CELLS[name]
    assert list(graph.quantities) == names.split()
    assert hashlib.sha256(graph.text.encode()).hexdigest()[:16] == before
    assert "names" not in json.loads(graph.text)


@pytest.mark.parametrize("name", CELLS)
def test_names_change_no_program(name: str) -> None:
    graph = graph_of(name)
    bare = replace(graph, names=())
    assert bare == graph
    assert hash(bare) == hash(graph)
    assert plan(bare, False) is plan(graph, False)


@pytest.mark.parametrize("name", CELLS)
def test_names_stand_in_the_formula_and_in_the_explanation(name: str) -> None:
    graph = graph_of(name)
    lines = formula(graph).splitlines()
    explained = str(explain_graph(graph))
    for quantity, _ in graph.names:
        assert sum(line.startswith(f"{quantity} = ") for line in lines) == 1, quantity
        assert f"\n  {quantity} = " in explained
    defined = [line.partition(" = ")[0] for line in lines]
    assert len(set(defined)) == len(defined)


def test_a_graph_keeps_its_names_as_data_and_one_of_before_has_none() -> None:
    graph = graph_of("LSTM")
    data = json.loads(json.dumps(graph.to_data()))
    assert Graph.from_data(data).names == graph.names
    del data["names"]
    old = Graph.from_data(data)
    assert old == graph
    assert list(old.quantities) == ["h", "c"]
    assert "sigmoid(forget)" in formula(old)


def test_an_explanation_has_the_names_of_its_own_graph() -> None:
    """Equal graphs share what is cached; the names of the first one must not be told of the second."""
    graph = graph_of("GRU")
    other = replace(graph, names=(("how_much_is_kept", dict(graph.names)["update_gate"]),))
    assert "update_gate" in str(explain_graph(graph))
    explained = str(explain_graph(other))
    assert "how_much_is_kept" in explained
    assert "update_gate" not in explained


class Latch(Cell):
    """A user's cell."""

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        write = named("write_gate", sigmoid(affine("write", x, h)))
        return named("memory", (1 - write) * h + write * named("candidate", tanh(affine("candidate", x, h))))


def test_a_cell_of_the_users_own_has_names() -> None:
    graph = trace(Latch(), 3, 4).graph
    assert list(graph.quantities) == ["write_gate", "candidate", "memory"]
    assert formula(graph).splitlines()[-3:] == [
        "memory = ((1 - write_gate) * h) + (write_gate * candidate)",
        "h' = memory",
        "y = memory",
    ]
    assert "candidate_map += W_candidate_1 h" in str(explain_cell(Latch, 3, 4))


def test_a_map_may_be_the_quantity_itself() -> None:
    lines = formula(graph_of("MinGRU")).splitlines()
    assert "candidate = W_candidate_0 x + b_candidate" in lines


@pytest.mark.parametrize(
    ("equations", "message"),
    [
        (lambda x, h: named("gate", tanh(h)) + named("gate", sigmoid(h)), r"named\('gate'\) is written twice"),
        (lambda x, h: named("gate", named("door", tanh(h))), r"called 'door' already"),
        (lambda x, h: named("h", tanh(h)), r"The name 'h' is used twice"),
        (lambda x, h: named("decay", weight("decay") * h), r"The name 'decay' is used twice"),
        (lambda x, h: named("Gate", tanh(h)), r"lower-case"),
        (lambda x, h: named("gate", "h"), r"expected a value"),
    ],
)
def test_a_name_that_cannot_be_is_refused(equations, message: str) -> None:
    class Wrong(Cell):
        def equations(self, x, h):
            return equations(x, h)

    with pytest.raises(UsageError, match=message):
        trace(Wrong(), 3, 4)


@pytest.mark.parametrize("names", [{"gate": 99}, {"gate": True}, {"class": 3}, {"one": 3, "two": 3}, {"h": 3}, [1], 3])
def test_crafted_names_are_refused(names) -> None:
    data = graph_of("Elman").to_data() | {"names": names}
    with pytest.raises(UsageError):
        Graph.from_data(data)


def test_a_name_outside_of_equations_is_refused() -> None:
    with pytest.raises(UsageError, match="only inside the equations"):
        named("gate", 1.0)  # type: ignore[arg-type]
