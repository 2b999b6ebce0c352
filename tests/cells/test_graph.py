"""Graphs as data: what is written is read back, and nothing else is accepted."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.cells import GRU, LSTM, Cell, Elman, Graph, GRUResetAfter, part, trace
from seqloom.errors import UsageError

CELLS = [Elman(), LSTM(), GRU(), GRUResetAfter(update="writes")]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: type(cell).__name__)
def test_a_graph_survives_json(cell) -> None:
    graph = trace(cell, 3, 4).graph
    assert Graph.from_data(json.loads(json.dumps(graph.to_data()))) == graph


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """The path of every scalar in nested data."""
    if isinstance(value, dict):
        return [place for key, child in value.items() for place in places(child, (*path, key))]
    if isinstance(value, list):
        return [place for key, child in enumerate(value) for place in places(child, (*path, key))]
    return [path]


def changed(path: tuple, value: Any) -> Any:
    """The data of a graph with another value at one place."""
    data = copy.deepcopy(DATA)
    target = data
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return data


DATA = json.loads(json.dumps(trace(GRU(), 3, 4).graph.to_data()))


@given(
    st.sampled_from(places(DATA)),
    st.one_of(st.none(), st.integers(-3, 60), st.floats(), st.text(max_size=4), st.booleans(), st.lists(st.integers())),
)
def test_a_changed_graph_is_read_or_refused_cleanly(path: tuple, value: Any) -> None:
    data = changed(path, value)
    try:
        graph = Graph.from_data(data)
    except UsageError:
        return
    assert Graph.from_data(json.loads(json.dumps(graph.to_data()))) == graph


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("nodes", 1, "name"), "class"),
        (("nodes", 1, "name"), "row_seed"),
        (("nodes", 1, "initial"), 10**400),
        (("nodes", 2, "blocks"), 1.0),
        (("nodes", 2, "bias"), 1),
        (("new_states",), []),
    ],
)
def test_a_crafted_graph_is_refused(place: tuple, value: Any) -> None:
    data = changed(place, value)
    with pytest.raises(UsageError):
        Graph.from_data(data)


class Halves(Cell):
    """A part and a state."""

    def equations(self, x, h):
        return h + part(x, 1, of=2)


@pytest.mark.parametrize(("place", "value"), [("start", -1), ("start", 5), ("width", 9), ("operands", [1])])
def test_a_part_lies_within_x(place: str, value: Any) -> None:
    data = json.loads(json.dumps(trace(Halves(), 8, 4).graph.to_data()))
    assert Graph.from_data(data).has_parts
    (node,) = (node for node in data["nodes"] if node["node"] == "Part")
    node[place] = value
    with pytest.raises(UsageError):
        Graph.from_data(data)


@pytest.mark.parametrize("data", [{}, {"nodes": 3}, {"nodes": [{}] * 5000, "new_states": [], "output": 0}, []])
def test_what_is_not_a_graph(data: Any) -> None:
    with pytest.raises(UsageError):
        Graph.from_data(data)
