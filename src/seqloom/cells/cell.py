"""The base of all cells, and the tracer that turns their equations into a graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from seqloom.cells.graph import Graph, Input
from seqloom.cells.initialisation import Glorot, Initialiser, Orthogonal
from seqloom.cells.words import Symbol, declare_state, tracing
from seqloom.choice import Choice
from seqloom.errors import UsageError

__all__ = ["Cell", "Traced", "trace"]


@dataclass(frozen=True, kw_only=True)
class Cell(ABC):
    """One step of a recurrence, written as its equations.

    A subclass names its states and writes ``equations``, which takes x (B, D) and the states (B, H) and returns the new
    states in order. Its dataclass fields are its hyperparameters; one that is a ``Choice`` may be given by its word
    (UsageError for another). Weights that read only x are filled by ``input_init``, the others by ``recurrent_init``.

    >>> from seqloom.cells import Cell, affine, tanh
    >>> class Plain(Cell):
    ...     state = ("h",)
    ...     def equations(self, x, h):
    ...         return tanh(affine("hidden", x, h))
    >>> [parameter.name for parameter in trace(Plain(), 3, 4).graph.parameters()]
    ['hidden.weight_0', 'hidden.weight_1', 'hidden.bias']
    """

    state: ClassVar[tuple[str, ...]] = ("h",)
    input_init: Initialiser = Glorot()
    recurrent_init: Initialiser = Orthogonal()

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(field.default, Choice):
                object.__setattr__(self, field.name, type(field.default)(getattr(self, field.name)))

    @abstractmethod
    def equations(self, x: Symbol, *states: Any) -> Symbol | tuple[Symbol, ...]:
        """The new states, in the order of ``state``."""

    def output(self, x: Symbol, *new: Symbol) -> Symbol:
        """What the layer gives at this step; nothing in the loop reads it (default: the first state)."""
        return new[0]

    def width(self, name: str, hidden: int) -> int:
        """The width of the state ``name`` in a layer of ``hidden`` units (default: ``hidden``)."""
        return hidden

    def initial(self, name: str) -> float:
        """The value of the state ``name`` before the first step (default: 0)."""
        return 0.0

    def initial_bias(self, name: str) -> float:
        """The first value of the bias of the map ``name`` (default: 0)."""
        return 0.0

    def initialise(self, traced: Traced, parameters: Mapping[str, Tensor], generator: torch.Generator | None) -> None:
        """Fill ``parameters`` (by name) in place."""
        with torch.no_grad():
            for shape in traced.graph.parameters():
                tensor, owner = parameters[shape.name], shape.name.rpartition(".")[0]
                match shape.part:
                    case "input":
                        self.input_init.fill(tensor, generator)
                    case "recurrent":
                        self.recurrent_init.fill(tensor, generator)
                    case "bias":
                        tensor.fill_(self.initial_bias(owner))
                    case "vector":
                        traced.vectors[owner].fill(tensor, generator)
                    case _:
                        tensor.fill_(1.0)


class Traced(NamedTuple):
    """A cell's graph, and how the equations want their learned vectors filled."""

    graph: Graph
    vectors: Mapping[str, Initialiser]


def trace(cell: Cell, in_features: int, hidden_size: int) -> Traced:
    """Run the equations once on symbols and return the graph of one step.

    Raises UsageError, naming the cell, when the equations step outside the words or return the wrong states.
    """
    if not cell.state:
        raise UsageError(f'{type(cell).__name__} names no state; a cell has at least one, as in state = ("h",).')
    with tracing(hidden_size) as record:
        x = record.add(Input(in_features))
        states = [declare_state(record, name, cell.width(name, hidden_size), cell.initial(name)) for name in cell.state]
        returned = cell.equations(x, *states)
        new = returned if isinstance(returned, tuple) else (returned,)
        _check_new_states(cell, states, new)
        output = cell.output(x, *new)
        graph = Graph(
            tuple(record.nodes), tuple(symbol.position for symbol in new), output.position, tuple(record.named.items())
        )
    graph.check()
    return Traced(graph, record.vectors)


def _check_new_states(cell: Cell, states: list[Symbol], new: tuple[Any, ...]) -> None:
    where = f"{type(cell).__name__}.equations"
    if len(new) != len(states) or not all(isinstance(symbol, Symbol) for symbol in new):
        kinds = ", ".join(type(symbol).__name__ for symbol in new)
        raise UsageError(f"{where} must return the new states {cell.state}, in that order; it returned ({kinds}).")
    for name, old, symbol in zip(cell.state, states, new, strict=True):
        if old.width != symbol.width:
            raise UsageError(
                f"{where}: the state {name!r} has width {old.width}, but its new value has {symbol.width}."
            )
