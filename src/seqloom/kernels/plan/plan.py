"""A cell's plan: its step as programs, for inference and for training, and what its matrices' gradients are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from seqloom.cells.graph import Affine, Graph, Input
from seqloom.kernels.plan.derivative import BY_RESULT, derive
from seqloom.kernels.plan.lower import Forward, columns_of_x, lower
from seqloom.kernels.plan.schedule import Program, Target, schedule
from seqloom.kernels.plan.values import Apply, Deviation, Load, Normalise, Number, Place, Product, Slot

__all__ = ["InputStream", "Outer", "Plan", "plan"]


@dataclass(frozen=True)
class InputStream:
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
    wanted: tuple[int, ...]
    streams: tuple[InputStream, ...]
    shared: tuple[tuple[str, int], ...]
    states: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    inference: Program
    training: Program
    backward: Program
    outers: tuple[Outer, ...]

    @cached_property
    def of_x(self) -> dict[Slot, slice]:
        """The slots of x and its parts that the loop itself reads, besides the streams, and their columns of x."""
        read = self.inference.slots
        return {slot: columns for slot, columns in columns_of_x(self.graph).items() if slot.name in read}

    @cached_property
    def is_diagonal(self) -> bool:
        """Whether no unit reads another in the loop, so that each row of a batch can run as a scan."""
        return all(program.is_diagonal for program in (self.inference, self.training, self.backward))


@lru_cache(maxsize=256)
def plan(graph: Graph, masks_drawn: bool, wanted: tuple[int, ...] | None = None) -> Plan:
    """The plan of ``graph``; masks are drawn, or have their mean. ``wanted``: the nodes that come out (its output)."""
    wanted = (graph.output,) if wanted is None else wanted
    forward = lower(graph, masks_drawn, wanted)
    results = [Target(*pair) for pair in forward.new_states]
    results += [Target(*pair) for pair in dict.fromkeys(forward.outputs) if pair not in forward.new_states]
    count = len(forward.arena.values)
    gradients = derive(forward)
    keeping = _keeping(forward, results, count)
    kept = _readable(forward, keeping, results)
    return Plan(
        graph,
        wanted,
        tuple(_stream(graph, node) for node in forward.streams.values()),
        tuple(forward.shared.items()),
        tuple(slot for _, slot in forward.new_states),
        tuple(slot for _, slot in forward.outputs),
        schedule(forward.arena, results),
        schedule(forward.arena, [*results, *keeping]),
        schedule(forward.arena, gradients, kept),
        tuple(_outers(forward, kept, count)),
    )


def _stream(graph: Graph, node: Affine) -> InputStream:
    reads_x = [k for k, operand in enumerate(node.operands) if isinstance(graph.nodes[operand], Input)]
    matrices = tuple(f"{node.name}.weight_{k}" for k in reads_x)
    return InputStream(node.name, node.width, matrices, f"{node.name}.bias" if node.bias else None)


def _keeping(forward: Forward, results: list[Target], count: int) -> list[Target]:
    """What a training step writes besides its results.

    That is the result of every product (or, in its place, the one activation made from it, where the derivative needs
    no more; nothing where that is a result), every norm, and every operand of a product. Everything else is computed
    again on the way back.
    """
    values = forward.arena.values
    reached = _reached(forward, results)
    wanted = {target.value for target in results}
    targets: list[Target] = []
    for position in sorted(reached):
        value = values[position]
        match value:
            case Product():
                slot = _kept_slot(forward, value)
                if position not in wanted and wanted.isdisjoint(_stand_ins(forward, position, reached)):
                    targets.append(Target(position, slot))
                    targets += [Target(k, slot) for k in _stand_ins(forward, position, reached)]
                for operand in value.operands:
                    if not isinstance(values[operand], Load):
                        place = Slot(f"kept.operand_{operand}", values[operand].width, Place.TOKEN)
                        targets.append(Target(operand, place))
            case Normalise():
                targets.append(Target(position, Slot(f"kept.norm_{position}", value.width, Place.TOKEN)))
                deviation = forward.arena.add(Deviation((position,), value.groups))
                targets.append(Target(deviation, Slot(f"kept.deviation_{position}", value.groups, Place.TOKEN)))
            case _:
                pass
    return targets


def _stand_ins(forward: Forward, position: int, reached: set[int]) -> list[int]:
    """The activation that is kept in place of a product, where it alone reads the product."""
    readers = [k for k in reached for operand in _operands(forward, k) if operand == position]
    reader = forward.arena.values[readers[0]]
    return readers if len(readers) == 1 and isinstance(reader, Apply) and reader.operation in BY_RESULT else []


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
