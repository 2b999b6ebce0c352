"""The order of a step's work, and where each value lives meanwhile.

Work that needs a whole row (products, norms, totals, coins) reads memory. What lies between is pointwise and runs as
one segment per width, in registers. A value is stored where somebody else needs it, and read back or computed again
elsewhere, whichever is nearer: what is stored is read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from seqloom.kernels.plan.values import (
    Apply,
    Arena,
    Coins,
    Deviation,
    Load,
    Normalise,
    NormaliseBack,
    Number,
    Place,
    Product,
    Slot,
    Total,
)

__all__ = [
    "Factor",
    "Multiply",
    "Operation",
    "Program",
    "Segment",
    "Target",
    "Throw",
    "Whole",
    "schedule",
    "written_slots",
]


@dataclass(frozen=True)
class Target:
    """A value that is wanted, and its slot; in a PARTIAL slot it is added up over all tokens."""

    value: int
    slot: Slot


@dataclass(frozen=True)
class Factor:
    """An operand of a product, by its slot, and the matrix it meets."""

    slot: Slot
    matrix: str
    transposed: bool


@dataclass(frozen=True)
class Multiply:
    """target = start + Σ matrix · factor; without ``start``, from 0."""

    target: Slot
    start: Slot | None
    factors: tuple[Factor, ...]
    blocks: int


@dataclass(frozen=True)
class Whole:
    """Normalise, NormaliseBack or Total: ``value`` says which; it reads ``sources`` and writes ``targets``."""

    value: Normalise | NormaliseBack | Total
    sources: tuple[Slot, ...]
    targets: tuple[Slot, ...]


@dataclass(frozen=True)
class Throw:
    """Throw the coins of a mask into ``target``."""

    coins: Coins
    target: Slot


@dataclass(frozen=True)
class Segment:
    """Pointwise work over units of one width: what to store, and in which slots the values it starts from lie."""

    width: int
    stores: tuple[Target, ...]
    sources: Mapping[int, Slot] = field(hash=False)


Operation = Multiply | Whole | Throw | Segment


@dataclass(frozen=True, eq=False)
class Program:
    """One step as a list of operations over slots."""

    arena: Arena
    operations: tuple[Operation, ...]

    @cached_property
    def slots(self) -> dict[str, Slot]:
        """Every slot by its name."""
        found: dict[str, Slot] = {}
        for operation in self.operations:
            for slot in slots_of(operation):
                found.setdefault(slot.name, slot)
        return found

    @cached_property
    def is_diagonal(self) -> bool:
        """Whether a step is pointwise work over units of one width, in one segment."""
        match self.operations:
            case (Segment() as segment,):
                return all(slot.width == segment.width for slot in slots_of(segment))
            case _:
                return False


def slots_of(operation: Operation) -> list[Slot]:
    """The slots that an operation reads or writes."""
    match operation:
        case Multiply():
            ends = [operation.target] if operation.start is None else [operation.target, operation.start]
            return ends + [factor.slot for factor in operation.factors]
        case Whole():
            return [*operation.sources, *operation.targets]
        case Throw():
            return [operation.target]
        case Segment():
            return [*(target.slot for target in operation.stores), *operation.sources.values()]


def written_slots(operation: Operation) -> list[Slot]:
    """The slots that an operation writes."""
    match operation:
        case Multiply() | Throw():
            return [operation.target]
        case Whole():
            return list(operation.targets)
        case Segment():
            return [target.slot for target in operation.stores]


def schedule(arena: Arena, targets: list[Target], kept: Mapping[int, Slot] | None = None) -> Program:
    """The program that reaches ``targets``; values in ``kept`` are read from their slots, not computed."""
    return _Scheduler(arena, targets, kept or {}).run()


class _Scheduler:
    def __init__(self, arena: Arena, targets: list[Target], kept: Mapping[int, Slot]) -> None:
        self.arena = arena
        self.targets = targets
        self.slots: dict[int, Slot] = dict(kept)  # where a value can be read
        self.known = frozenset(kept)
        self.order = self._reachable()
        self.uses = Counter(operand for position in self.order for operand in self._operands(position))
        self.levels: dict[int, int] = {}
        self.stored: dict[int, Slot] = {}

    def run(self) -> Program:
        self._place()
        self._measure()
        operations: list[Operation] = []
        for level in range(max(self.levels.values(), default=0) + 1):
            operations += [self._whole(k) for k in self.order if self._has_work(k) and self.levels[k] == level]
            operations += self._segments(level)
        return Program(self.arena, tuple(operations))

    def _operands(self, position: int) -> tuple[int, ...]:
        value = self.arena.values[position]
        if position in self.known or isinstance(value, Load | Number):
            return ()
        if isinstance(value, Product) and value.start is not None:
            return (*value.operands, value.start)
        return value.operands

    def _reachable(self) -> list[int]:
        found: set[int] = set()
        waiting = [target.value for target in self.targets]
        while waiting:
            position = waiting.pop()
            if position not in found:
                found.add(position)
                waiting += self._operands(position)
        return sorted(found)

    def _is_whole(self, position: int) -> bool:
        value = self.arena.values[position]
        return position not in self.known and isinstance(
            value, Product | Normalise | Deviation | NormaliseBack | Total | Coins
        )

    def _has_work(self, position: int) -> bool:
        """Whether ``position`` is an operation of its own; a deviation comes with its norm."""
        return self._is_whole(position) and not isinstance(self.arena.values[position], Deviation)

    def _place(self) -> None:
        """Give a slot to every value that is read or written in memory."""
        for position in self.order:
            value = self.arena.values[position]
            if isinstance(value, Load):
                self.slots.setdefault(position, value.slot)
        for target in self.targets:
            if not isinstance(self.arena.values[target.value], Load | Number) and target.slot.place != Place.PARTIAL:
                self._assign(target.value, target.slot)
        for position in reversed(self.order):
            if self._is_whole(position):
                self._place_operands(position)
        for position in self.order:
            self._place_narrow(position)

    def _place_operands(self, position: int) -> None:
        value = self.arena.values[position]
        if position not in self.slots and not (isinstance(value, Product) and self._starts_in_stream(value)):
            self._assign(position, Slot(f"scratch.{position}", value.width, Place.ROW))
        if isinstance(value, Product) and value.start is not None:
            if self._starts_in_stream(value):
                self._assign(position, self.slots[value.start])
            elif self.uses[value.start] == 1:
                self._assign(value.start, self.slots[position])
            else:
                self._assign(value.start, Slot(f"scratch.{value.start}", value.width, Place.ROW))
        for operand in () if isinstance(value, Deviation) else value.operands:  # type: ignore[union-attr]
            self._assign(operand, Slot(f"scratch.{operand}", self.arena.width(operand), Place.ROW))

    def _starts_in_stream(self, value: Product) -> bool:
        start = None if value.start is None else self.arena.values[value.start]
        return isinstance(start, Load) and start.slot.name.startswith("stream.")

    def _place_narrow(self, position: int) -> None:
        """A value of width 1 that is spread over wider ones is stored first."""
        if not self._is_spreading(position):
            return
        for operand in self._operands(position):
            if self.arena.width(operand) == 1 and not isinstance(self.arena.values[operand], Number):
                self._assign(operand, Slot(f"scratch.{operand}", 1, Place.ROW))

    def _is_spreading(self, position: int) -> bool:
        value = self.arena.values[position]
        return position not in self.known and isinstance(value, Apply) and value.width > 1

    def _assign(self, position: int, slot: Slot) -> None:
        if position not in self.slots:
            self.slots[position] = slot
            if not self._is_whole(position):
                self.stored[position] = slot

    def _measure(self) -> None:
        """A value's level: how many rounds of whole-row work and segments come before it."""
        for position in self.order:
            level = 0
            for operand in self._operands(position):
                needs_memory = self._is_whole(position) or (
                    self._is_spreading(position) and self.arena.width(operand) == 1
                )
                level = max(level, self.levels[operand] + (needs_memory and operand in self.stored))
            self.levels[position] = level

    def _whole(self, position: int) -> Operation:
        value, slots = self.arena.values[position], self.slots
        match value:
            case Product():
                start = None if value.start is None else slots[value.start]
                factors = tuple(Factor(slots[t.operand], t.matrix, t.transposed) for t in value.terms)
                return Multiply(slots[position], start, factors, value.blocks)
            case Coins():
                return Throw(value, slots[position])
            case Normalise():
                wanted = Deviation((position,), value.groups)
                extra = [slots[k] for k in self.order if self.arena.values[k] == wanted]
                return Whole(value, (slots[value.operands[0]],), (slots[position], *extra))
            case NormaliseBack() | Total():
                return Whole(value, tuple(slots[k] for k in value.operands), (slots[position],))
            case _:
                raise AssertionError(f"{value} is not work on whole rows")

    def _segments(self, level: int) -> list[Segment]:
        groups: dict[int, list[Target]] = defaultdict(list)
        for position, slot in self.stored.items():
            if self.levels[position] == level:
                groups[slot.width].append(Target(position, slot))
        for target in self.targets:
            there = self.slots.get(target.value)
            if self.levels[target.value] == level and there != target.slot:
                groups[target.slot.width].append(target)
        return [Segment(width, tuple(stores), self._sources(stores, level)) for width, stores in groups.items()]

    def _sources(self, stores: list[Target], level: int) -> dict[int, Slot]:
        """The values that a segment reads: what lies in memory already when it starts."""
        sources: dict[int, Slot] = {}
        waiting = [target.value for target in stores]
        seen: set[int] = set()
        while waiting:
            position = waiting.pop()
            if position in seen:
                continue
            seen.add(position)
            value = self.arena.values[position]
            in_memory = position in self.slots and (position not in self.stored or self.levels[position] < level)
            if in_memory:
                sources[position] = self.slots[position]
            elif not isinstance(value, Number):
                waiting += self._operands(position)
        return sources
