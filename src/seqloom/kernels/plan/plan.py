"""A cell's plan: its step as programs, for inference and for training, and what its matrices' gradients are made of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from seqloom.cells.graph import Affine, Graph, Input
from seqloom.kernels.plan.derivative import BY_RESULT, derive
from seqloom.kernels.plan.lower import Forward, lower
from seqloom.kernels.plan.schedule import Program, Target, schedule
from seqloom.kernels.plan.values import Apply, Deviation, Load, Normalise, Number, Place, Product, Slot

__all__ = ["Outer", "Plan", "Stream", "plan"]


@dataclass(frozen=True)
class Stream:
    """The part of an affine map that reads x: Σ of its ``matrices`` · x + ``bias``, for all tokens at once."""

    name: str
    width: int
    matrices: tuple[str, ...]
    bias: str | None


class Outer(NamedTuple):
    """The gradient of a matrix: Σ over tokens of gradient ⊗ operand."""

    matrix: str
    gradient: Slot
    operand: Slot
    blocks: int


@dataclass(frozen=True, eq=False)
class Plan:
    """How one cell runs: streams and shared vectors before the loop, a program a step, outer products after it."""

    graph: Graph
    streams: tuple[Stream, ...]
    shared: tuple[tuple[str, int], ...]
    states: tuple[Slot, ...]
    output: Slot
    inference: Program
    training: Program
    backward: Program
    outers: tuple[Outer, ...]

    @property
    def reads_x(self) -> bool:
        """Whether the loop itself reads x, besides the streams."""
        return "x" in self.inference.slots


@lru_cache(maxsize=256)
def plan(graph: Graph, masks_drawn: bool) -> Plan:
    """The plan of ``graph``; masks are drawn, or have their mean."""
    forward = lower(graph, masks_drawn)
    results = [Target(*pair) for pair in forward.new_states]
    value, slot = forward.output
    if slot.name == "output":
        results.append(Target(value, slot))
    count = len(forward.arena.values)
    gradients = derive(forward)
    keeping = _keeping(forward, results, count)
    kept = _readable(forward, keeping, results)
    return Plan(
        graph,
        tuple(_stream(graph, node) for node in forward.streams.values()),
        tuple(forward.shared.items()),
        tuple(slot for _, slot in forward.new_states),
        slot,
        schedule(forward.arena, results),
        schedule(forward.arena, [*results, *keeping]),
        schedule(forward.arena, gradients, kept),
        tuple(_outers(forward, kept, count)),
    )


def _stream(graph: Graph, node: Affine) -> Stream:
    reads_x = [k for k, operand in enumerate(node.operands) if isinstance(graph.nodes[operand], Input)]
    matrices = tuple(f"{node.name}.weight_{k}" for k in reads_x)
    return Stream(node.name, node.width, matrices, f"{node.name}.bias" if node.bias else None)


def _keeping(forward: Forward, results: list[Target], count: int) -> list[Target]:
    """What a training step writes besides its results.

    That is the result of every product (or, in its place, the one activation made from it, where the derivative needs
    no more), every norm, and every operand of a product. Everything else is computed again on the way back.
    """
    values = forward.arena.values
    reached = _reached(forward, results)
    consumers = Counter(operand for k in reached for operand in _operands(forward, k))
    targets: list[Target] = []
    for position in sorted(reached):
        value = values[position]
        match value:
            case Product():
                slot = _kept_slot(forward, value)
                targets.append(Target(position, slot))
                if consumers[position] == 1:
                    (reader,) = (k for k in reached if position in _operands(forward, k))
                    activation = values[reader]
                    if isinstance(activation, Apply) and activation.operation in BY_RESULT:
                        targets.append(Target(reader, slot))
                for operand in value.operands:
                    if not isinstance(values[operand], Load | Number):
                        place = Slot(f"kept.operand_{operand}", values[operand].width, Place.TOKEN)
                        targets.append(Target(operand, place))
            case Normalise():
                targets.append(Target(position, Slot(f"kept.norm_{position}", value.width, Place.TOKEN)))
                deviation = forward.arena.add(Deviation((position,), value.groups))
                targets.append(Target(deviation, Slot(f"kept.deviation_{position}", value.groups, Place.TOKEN)))
            case _:
                pass
    return targets


def _reached(forward: Forward, results: list[Target]) -> set[int]:
    found: set[int] = set()
    waiting = [target.value for target in results]
    while waiting:
        position = waiting.pop()
        if position not in found:
            found.add(position)
            waiting += _operands(forward, position)
    return found


def _operands(forward: Forward, position: int) -> tuple[int, ...]:
    value = forward.arena.values[position]
    start = (value.start,) if isinstance(value, Product) and value.start is not None else ()
    return (*getattr(value, "operands", ()), *start)


def _kept_slot(forward: Forward, value: Product) -> Slot:
    name = value.terms[0].matrix.rpartition(".")[0]
    return Slot(f"stream.{name}" if name in forward.streams else f"kept.{name}", value.width, Place.TOKEN)


def _readable(forward: Forward, keeping: list[Target], results: list[Target]) -> dict[int, Slot]:
    """The values that the backward pass can read, each with its slot; of two in one slot, the one written last."""
    in_slot = {target.slot: target.value for target in keeping}
    kept = {value: slot for slot, value in in_slot.items()}
    for target in results:
        if not isinstance(forward.arena.values[target.value], Load | Number):
            kept.setdefault(target.value, target.slot)
    return kept


def _outers(forward: Forward, kept: dict[int, Slot], count: int) -> list[Outer]:
    values = forward.arena.values
    outers = []
    for value in values[:count]:
        if not isinstance(value, Product):
            continue
        for term in value.terms:
            operand = values[term.operand]
            slot = operand.slot if isinstance(operand, Load) else kept.get(term.operand)
            if slot is not None:
                name = term.matrix.rpartition(".")[0]
                gradient = Slot(f"gradient.{name}", value.width, Place.TOKEN)
                outers.append(Outer(term.matrix, gradient, slot, value.blocks))
    return outers
