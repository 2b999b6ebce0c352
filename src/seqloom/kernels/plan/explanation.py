"""A plan in words: what leaves the loop, what runs in it and in which order, what is kept, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from math import prod
from typing import Any

from seqloom.cells.cell import Cell, trace
from seqloom.cells.expressions import bare
from seqloom.cells.formula import equations_of
from seqloom.cells.graph import Graph
from seqloom.errors import UsageError
from seqloom.kernels.plan.naming import Names
from seqloom.kernels.plan.plan import Plan, plan
from seqloom.kernels.plan.readout import readout
from seqloom.kernels.plan.schedule import Multiply, Operation, Program, Segment, Throw, Whole, slots_of, written_slots
from seqloom.kernels.plan.unblocked import unblocked_graph
from seqloom.kernels.plan.values import Apply, Place, Slot, Total

__all__ = ["PlanExplanation", "Stage", "explain_cell", "explain_graph", "explain_plan"]


@dataclass(frozen=True)
class Stage:
    """Work that is done together: its ``kind`` (product, pointwise, norm, total or coins) and what it computes."""

    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class PlanExplanation:
    """How a cell runs; the fields after ``readout`` are empty for a plan of inference.

    ``products_deep`` counts the products of a step that wait for one another; ``kept`` has the numbers per token that
    stay in memory for the backward pass; FLOPs are those of the products, per token.
    """

    equations: tuple[str, ...]
    before: tuple[str, ...]
    loop: tuple[Stage, ...]
    products_deep: int
    flops: int
    runs_as_scan: bool
    readout: tuple[str, ...] = ()
    kept: tuple[tuple[str, int], ...] = ()
    recomputed: tuple[str, ...] = ()
    backward: tuple[Stage, ...] = ()
    backward_products_deep: int = 0
    after: tuple[str, ...] = ()
    backward_flops: int = 0

    def to_data(self) -> dict[str, Any]:
        """The explanation as JSON-ready data."""
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(self._text())

    def _text(self) -> Iterator[str]:
        loop = "As a scan, each unit by itself" if self.runs_as_scan else "In the loop, at each step"
        yield from _section("The step", self.equations)
        yield from _section("Before the loop, in one product over all steps", self.before)
        yield from _section(f"{loop}: {_depth(self.products_deep)}", _numbered(self.loop))
        yield from _section("After the loop, once over all steps", self.readout)
        if self.backward:
            total = sum(width for _, width in self.kept)
            kept = ", ".join(f"{name} ({width})" for name, width in self.kept)
            yield from _section(f"Kept for the backward pass, {total:,} numbers per token", [kept])
            yield from _section("Computed again on the way back", self.recomputed)
            heading = f"Back through time, at each step: {_depth(self.backward_products_deep)}"
            yield from _section(heading, _numbered(self.backward))
            yield from _section("After the way back, over all steps", self.after)
        back = f", {self.backward_flops:,} backward" if self.backward else ""
        yield f"FLOPs of the products, per token: {self.flops:,} forward{back}"


def explain_cell(
    cell: type[Cell] | Cell, in_features: int, hidden_size: int, *, training: bool = True
) -> PlanExplanation:
    """How ``cell`` runs in a layer of ``in_features`` inputs and ``hidden_size`` units.

    Without ``training`` the way back is left out, and masks have their mean. Printed, it is a page of text; ``to_data``
    has the same as data. Raises UsageError for what is no cell, and for equations outside the words.

    >>> from seqloom.cells import Elman
    >>> print(explain_cell(Elman, 3, 4, training=False))
    The step
      hidden = W_hidden_0 x + W_hidden_1 h + b_hidden
      h' = tanh(hidden)
      y = h'
    Before the loop, in one product over all steps
      hidden = W_hidden_0 x + b_hidden  (4 × 3)
    In the loop, at each step: one product deep
      1. product    hidden += W_hidden_1 h  (4 × 4)
      2. pointwise  h' = tanh(hidden)
    FLOPs of the products, per token: 56 forward
    """
    made = cell() if isinstance(cell, type) else cell
    if not isinstance(made, Cell):
        raise UsageError(f"explain_cell expected a Cell class or instance, not {cell!r}.")
    return explain_graph(trace(made, in_features, hidden_size).graph, training=training)


def explain_graph(graph: Graph, *, training: bool = True) -> PlanExplanation:
    """How a traced cell runs; as ``explain_cell``."""
    graph, _ = unblocked_graph.__wrapped__(graph)  # anew: what is cached may be of an equal graph with other names
    loop, wanted, sources, *_ = readout.__wrapped__(graph)
    explained = explain_plan(plan.__wrapped__(loop, training and graph.has_masks, wanted), training=training)
    if not sources:
        return explained
    equations = tuple(line.text for line in equations_of(graph).lines)
    last = [line for line in equations if line not in explained.equations]
    looped = {parameter.name for parameter in loop.parameters()}
    matrices = [p.shape for p in graph.parameters() if p.part in ("input", "recurrent") and p.name not in looped]
    flops = 2 * sum(map(prod, matrices))
    return replace(
        explained,
        equations=equations,
        readout=tuple(last),
        flops=explained.flops + flops,
        backward_flops=explained.backward_flops + 2 * flops * training,
    )


def explain_plan(of: Plan, *, training: bool = True) -> PlanExplanation:
    """How ``of`` runs; as ``explain_cell``."""
    names = Names(of)
    loop = of.training if training else of.inference
    streams = [matrix for stream in of.streams for matrix in stream.matrices]
    flops = _flops(names, [*streams, *_matrices(loop)])
    forward = PlanExplanation(names.equations, tuple(_before(of, names)), *_stages(loop, names), flops, of.is_diagonal)
    if not training:
        return forward
    backward, deep = _stages(of.backward, names)
    outers = [outer.matrix for outer in of.outers]
    return replace(
        forward,
        kept=tuple(_kept(of, names)),
        recomputed=tuple(_recomputed(of, names)),
        backward=backward,
        backward_products_deep=deep,
        after=tuple(_after(of, names)),
        backward_flops=_flops(names, [*streams, *streams, *outers, *_matrices(of.backward)]),
    )


def _before(of: Plan, names: Names) -> Iterator[str]:
    read = of.inference.slots.keys() | of.backward.slots.keys()
    yield from (f"{names.shared(name)}, of the weights alone" for name, _ in of.shared if name in read)
    for stream in of.streams:
        terms = [f"{names.matrix(matrix)} x" for matrix in stream.matrices]
        terms += [names.parameter(stream.bias)] if stream.bias else []
        yield f"{names.map(stream.name)} = {' + '.join(terms)}  ({', '.join(map(names.size, stream.matrices))})"


def _stages(program: Program, names: Names) -> tuple[tuple[Stage, ...], int]:
    """The operations, products that do not wait for one another in one stage, and how many products do."""
    stages: list[Stage] = []
    depths: dict[Slot, int] = {}
    last: tuple[str, int] = ("", 0)
    for operation in program.operations:
        written = written_slots(operation)
        depth = max((depths.get(slot, 0) for slot in slots_of(operation)), default=0)
        if isinstance(operation, Multiply):
            depth = 1 + max((depths.get(factor.slot, 0) for factor in operation.factors), default=0)
        depths |= dict.fromkeys(written, depth)
        kind, lines = _work(operation, names)
        together = kind == "product" and last == (kind, depth)
        stages[-1:] = [Stage(kind, (*stages[-1].lines, *lines))] if together else [*stages[-1:], Stage(kind, lines)]
        last = kind, depth
    return tuple(stages), max(depths.values(), default=0)


def _work(operation: Operation, names: Names) -> tuple[str, tuple[str, ...]]:
    match operation:
        case Multiply():
            return "product", (names.product(operation),)
        case Segment():
            return "pointwise", tuple(names.stores(operation))
        case Throw(coins=coins):
            return "coins", (f"{coins.name}, 1 with probability {coins.p:g}, a throw per {coins.per}",)
        case Whole(value=Total()):
            return "total", ("a gradient, summed over the units",)
        case Whole():
            return "norm", (names.value(operation.value),)


def _kept(of: Plan, names: Names) -> Iterator[tuple[str, int]]:
    """The memory of a training step that its backward pass or the products after it read; x is one of it."""
    read = [slot for operation in of.backward.operations for slot in slots_of(operation)]
    read += [outer.operand for outer in of.outers]
    written = {slot.name for operation in of.training.operations for slot in written_slots(operation)}
    widths = {slot.name: slot for slot in read if slot.place in (Place.TOKEN, Place.PREVIOUS)}
    if of.streams or not of.of_x.keys().isdisjoint(widths.values()):
        yield "x", of.graph.in_features
    for name, slot in widths.items():
        if name in written or name.startswith("stream."):
            yield bare(names.kept(name)), slot.width


def _recomputed(of: Plan, names: Names) -> Iterator[str]:
    """The values of the forward pass that the segments of the backward pass compute again, inner ones left out."""
    values = of.backward.arena.values
    found: dict[int, None] = {}
    inner: set[int] = set()
    for operation in of.backward.operations:
        waiting = [target.value for target in operation.stores] if isinstance(operation, Segment) else []
        sources = operation.sources if isinstance(operation, Segment) else {}
        while waiting:
            position = waiting.pop()
            value = values[position]
            if position in sources or not isinstance(value, Apply):
                continue
            waiting += value.operands
            if position < names.count and position not in found:
                found[position] = None
                inner.update(value.operands)
    return (bare(names.value_at(position)) for position in sorted(found.keys() - inner))


def _after(of: Plan, names: Names) -> Iterator[str]:
    for stream in of.streams:
        for matrix in stream.matrices:
            yield f"∂{names.matrix(matrix)} = Σ ∂{names.map(stream.name)} ⊗ x  ({names.size(matrix)})"
    for outer in of.outers:
        factors = f"{names.slot(outer.gradient)} ⊗ {names.kept(outer.operand.name)}"
        yield f"∂{names.matrix(outer.matrix)} = Σ {factors}  ({names.size(outer.matrix)})"
    if of.streams:
        terms = [f"{names.matrix(m)}ᵀ ∂{names.map(stream.name)}" for stream in of.streams for m in stream.matrices]
        yield f"∂x = {' + '.join(terms)}"


def _matrices(program: Program) -> list[str]:
    return [
        factor.matrix
        for operation in program.operations
        if isinstance(operation, Multiply)
        for factor in operation.factors
    ]


def _flops(names: Names, matrices: Iterable[str]) -> int:
    """A multiplication and an addition for every weight."""
    return sum(2 * names.weights(matrix) for matrix in matrices)


def _section(title: str, lines: Iterable[str]) -> list[str]:
    body = [f"  {line}" for line in lines]
    return [title, *body] if body else []


def _numbered(stages: tuple[Stage, ...]) -> Iterator[str]:
    for number, stage in enumerate(stages, 1):
        heads = [f"{f'{number}.':<3}{stage.kind:<11}", " " * 14]
        yield from (f"{heads[k > 0]}{line}" for k, line in enumerate(stage.lines))


def _depth(products: int) -> str:
    words = {0: "no product, unit by unit", 1: "one product deep"}
    return words.get(products, f"{products} products deep, each waiting for the one before")
