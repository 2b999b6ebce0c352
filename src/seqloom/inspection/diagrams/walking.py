"""A walk through one step of a cell: a picture for each quantity that has a name, with the numbers of a real step."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from seqloom.cells.expressions import Applied, Expression, Map, Normed, Quantity, Role
from seqloom.cells.formula import Equations, equations_of
from seqloom.cells.graph import Graph
from seqloom.errors import UsageError
from seqloom.inspection.diagrams.cell import draw_cell
from seqloom.inspection.report.section import Formulas, Section, Table
from seqloom.kernels.reference import values
from seqloom.layers import Recurrent

__all__ = ["values_of", "walk"]


def walk(layer: Recurrent, x: Tensor, step: int = -1, unit: int = 0, name: str = "") -> list[Section]:
    """One section for each quantity that the equations of ``layer`` name, and for each new state without a name.

    x (T, D) is one row; its ``step`` is shown, counted from 0 (default: the last), in one ``unit``. Each section has
    the equations with those of the quantity lit, the picture of the step with its box lit, and what it was made from.
    ``name`` says in words what the step reads. Raises UsageError for a step or unit that there is not.

    >>> from seqloom.cells import GRU
    >>> sections = walk(Recurrent(GRU, 2, 4), torch.ones(3, 2))
    >>> [section.title for section in sections]
    ['Update gate', 'Reset gate', 'Candidate', 'New state h']
    """
    found = values_of(layer, x, step, unit)
    written = equations_of(layer.graph)
    number = range(len(x))[step]
    where = f"Unit {unit} at step {number}" + (f", which reads {name!r}" if name else "")
    return list(_sections(layer.graph, written, found, where))


def values_of(layer: Recurrent, x: Tensor, step: int, unit: int) -> dict[int, float]:
    """What each node of the graph has in ``unit`` at ``step`` of x (T, D), where it is that wide."""
    if x.ndim != 2 or x.shape[1] != layer.in_features:
        raise UsageError(f"x: expected one row of shape (T, {layer.in_features}); got {tuple(x.shape)}.")
    if not -len(x) <= step < len(x):
        raise UsageError(f"step: expected one of 0 … {len(x) - 1}, or -1 for the last; got {step}.")
    if not 0 <= unit < layer.hidden_size:
        raise UsageError(f"unit: expected one of 0 … {layer.hidden_size - 1}; got {unit}.")
    was = layer.training
    with torch.no_grad():
        layer.eval()
        before = x[None, : range(len(x))[step]]
        state = layer(before)[1] if before.shape[1] else layer.initial_state(1)
        states = tuple(state[: len(layer.graph.states)])
        found = values(layer.graph, layer._present_weights(), x[None, step], states, None)
    layer.train(was)
    rows = {position: value.detach().reshape(-1) for position, value in found.items()}
    return {
        k: float(row[0 if len(row) == 1 else unit]) for k, row in rows.items() if len(row) in (1, layer.hidden_size)
    }


def _sections(graph: Graph, written: Equations, found: dict[int, float], where: str) -> Iterator[Section]:
    lines = {line.left.name: line for line in written.lines}
    numbers = {called: found[k] for k, called in enumerate(written.values) if k in found}
    for name, position in graph.quantities.items():
        is_state = name not in dict(graph.names)
        read = list(dict.fromkeys(_leaves(lines[name].right)))
        maps = [one.name for one in read if one.name in lines and isinstance(lines[one.name].right, Map)]
        rows = [(_words(one), f"{numbers[one]:.3f}") for one in read if one in numbers and one.role is not Role.INPUT]
        if position in found:
            rows.append((_words(lines[name].left), f"{found[position]:.3f}"))
        yield Section(
            f"New state {name}" if is_state else name.replace("_", " ").capitalize(),
            [f"{where}."],
            [
                Formulas(written.lines, [name, *maps]),
                draw_cell(graph, name, found).figure(),
                Table(("", "value"), rows),
            ],
        )


def _leaves(expression: Expression) -> Iterator[Quantity]:
    """The quantities that an expression is made from; of a map itself none."""
    match expression:
        case Quantity():
            yield expression
        case Applied(operands=operands):
            for operand in operands:
                yield from _leaves(operand)
        case Normed(operand=operand):
            yield from _leaves(operand)
        case _:
            pass


def _words(quantity: Quantity) -> str:
    before = " before" if quantity.role is Role.BEFORE else " now" if quantity.role is Role.AFTER else ""
    return quantity.name.replace("_", " ") + before
