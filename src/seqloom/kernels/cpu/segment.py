"""Pointwise work as one vector loop: load, compute in registers, store."""

from __future__ import annotations

from typing import Any

from seqloom.kernels.cpu.emit import Code, define
from seqloom.kernels.cpu.functions import FUNCTIONS
from seqloom.kernels.cpu.live_product import block_height
from seqloom.kernels.cpu.operands import WORDS, Rows, rows_at
from seqloom.kernels.cpu.product import VECTORS
from seqloom.kernels.cpu.typed import Format, Integer, Vector
from seqloom.kernels.plan import Place, Segment, Slot
from seqloom.kernels.plan.values import Apply, Arena, Number

__all__ = ["define_exact_segment", "define_segment", "evaluate", "segment_slots"]


def segment_slots(segment: Segment) -> list[Slot]:
    """The slots whose words the compiled segment expects, in order."""
    return list(dict.fromkeys([*segment.sources.values(), *(target.slot for target in segment.stores)]))


def define_segment(module: Any, number_format: Format, arena: Arena, segment: Segment, name: str) -> Any:
    """The segment over the rows and columns of its share. In memory: the number of panels, then each slot's words."""
    slots = segment_slots(segment)
    with define(module, name, 6, number_format) as code:
        words, offsets, first_row, last_row, part, parts = code.arguments
        panels = code.load_integer(words)
        places = {slot: rows_at(code, words + 8 + 8 * WORDS * k, offsets) for k, slot in enumerate(slots)}
        step = number_format.lanes * number_format.bytes
        first, last = (panels * share // parts * (VECTORS * step) for share in (part, part + 1))
        with code.loop(first_row, last_row) as row, code.loop(first, last, step) as column:
            _Body(code, arena, segment, places, row, column).write()
    return code.function


def define_exact_segment(module: Any, number_format: Format, arena: Arena, segment: Segment, name: str) -> Any:
    """The same in memory without padding: in place of the panels, the width. Nothing beyond it is read or written.

    Threads share the columns as those of products on live matrices, in blocks.
    """
    slots = segment_slots(segment)
    with define(module, name, 6, number_format) as code:
        words, offsets, first_row, last_row, part, parts = code.arguments
        width = code.load_integer(words)
        places = {slot: rows_at(code, words + 8 + 8 * WORDS * k, offsets) for k, slot in enumerate(slots)}
        lanes, step = number_format.lanes, number_format.lanes * number_format.bytes
        height = block_height(number_format)
        blocks, whole = (width + (height - 1)) // height, width // lanes
        first, last = (blocks * share // parts * (height // lanes) for share in (part, part + 1))
        with code.loop(first_row, last_row) as row:
            with code.loop(first, last.least(whole)) as k:
                _Body(code, arena, segment, places, row, k * step).write()
            with code.when(code.builder.and_(last.compare(">", whole), (whole * lanes).compare("<", width))):
                mask = code.first_lanes(width - whole * lanes)
                _Body(code, arena, segment, places, row, whole * step, mask).write()
    return code.function


class _Body:
    """One vector of one row, or of its lanes those in ``mask``."""

    def __init__(
        self,
        code: Code,
        arena: Arena,
        segment: Segment,
        places: dict[Slot, Rows],
        row: Integer,
        column: Integer,
        mask: Any = None,
    ) -> None:
        self.code = code
        self.arena = arena
        self.segment = segment
        self.places = places
        self.row = row
        self.column = column
        self.mask = mask
        self.known: dict[int, Vector] = {}

    def write(self) -> None:
        for position, slot in self.segment.sources.items():
            self.known[position] = self._load(slot)
        results = [evaluate(self.code, self.arena, target.value, self.known) for target in self.segment.stores]
        for target, result in zip(self.segment.stores, results, strict=True):
            place = self._address(target.slot)
            if target.slot.place == Place.PARTIAL:
                result = self.code.load(place) + result
            if self.mask is None:
                self.code.store(place, result)
            else:
                self.code.store_masked(place, result.value, self.mask)

    def _address(self, slot: Slot) -> Integer:
        rows = self.places[slot]
        first = rows.first if slot.place in (Place.SHARED, Place.PARTIAL) else rows.first + self.row * rows.stride
        return first + self.column

    def _load(self, slot: Slot) -> Vector:
        if slot.width == 1 < self.segment.width:
            return self.code.spread(self.code.load_number(self._address(slot) - self.column))
        if self.mask is None:
            return self.code.load(self._address(slot))
        return Vector(self.code, self.code.load_masked(self._address(slot), self.mask))


def evaluate(code: Code, arena: Arena, position: int, known: dict[int, Vector]) -> Vector:
    """A pointwise value from those in ``known``, which it joins."""
    if position not in known:
        match arena.values[position]:
            case Number(value):
                known[position] = code.constant(value)
            case Apply(operation, operands):
                known[position] = FUNCTIONS[operation](*(evaluate(code, arena, k, known) for k in operands))
            case value:
                raise AssertionError(f"{value} is not pointwise")
    return known[position]
