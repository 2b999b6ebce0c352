"""Diagonal recurrences: where no unit reads another, each row runs through all of time by itself.

What a step hands to the next stays in the nearest cache; everything else is read once, in order, and written once. So
the speed is that of the memory. Rows lie one after the other (B, T, width).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from seqloom.kernels.cpu.emit import Code, define
from seqloom.kernels.cpu.operands import WORDS, Rows, rows_at
from seqloom.kernels.cpu.product import VECTORS
from seqloom.kernels.cpu.segment import evaluate, segment_slots
from seqloom.kernels.cpu.typed import Format, Integer, Vector
from seqloom.kernels.plan import Place, Segment, Slot
from seqloom.kernels.plan.values import Arena

__all__ = ["carried_slots", "define_scan"]

AHEAD = 8192
"""How many bytes ahead memory is asked for: the processor's own foresight ends with a page."""


def carried_slots(segment: Segment, backwards: bool) -> set[Slot]:
    """The slots by which a step hands to the next: forwards the states, backwards their gradients."""
    places = (Place.GIVEN, Place.HANDED) if backwards else (Place.PREVIOUS,)
    return {slot for slot in segment_slots(segment) if slot.place in places}


def define_scan(
    module: Any, number_format: Format, arena: Arena, segment: Segment, backwards: bool, past_cache: bool
) -> Any:
    """The segment at all steps, over the rows and columns of its share.

    In memory: the number of panels, the first step and the one after the last, then each slot's words; those of a
    carried slot are of rows that begin with what comes before the first step, and end with what the last one leaves.
    ``past_cache`` writes tokens straight to memory, for results larger than the cache.
    """
    slots = segment_slots(segment)
    vector = number_format.lanes * number_format.bytes
    with define(module, "scan", 6, number_format) as code:
        words, offsets, first_row, last_row, part, parts = code.arguments
        panels, begin, end = (code.load_integer(words + 8 * k) for k in range(3))
        places = {slot: rows_at(code, words + 24 + 8 * WORDS * k, offsets) for k, slot in enumerate(slots)}
        strides = {slot: code.load_integer(words + 24 + 8 * (WORDS * k + 2)) for k, slot in enumerate(slots)}
        first, last = (panels * share // parts * (VECTORS * vector) for share in (part, part + 1))
        moment = _Moment(code, arena, segment, carried_slots(segment, backwards), past_cache)
        with code.loop(first_row, last_row) as row:
            start = {slot: moment.start(slot, rows, row) for slot, rows in places.items()}
            with code.loop(begin, end) as k:
                t = begin + end - 1 - k if backwards else k
                now = {slot: start[slot] + t * strides[slot] if moment.moves(slot) else start[slot] for slot in slots}
                with code.loop(first, last, vector) as column:
                    moment.write(now, column)
    return code.function


class _Moment:
    """One step of one row."""

    def __init__(self, code: Code, arena: Arena, segment: Segment, carried: set[Slot], past_cache: bool) -> None:
        self.code = code
        self.arena = arena
        self.segment = segment
        self.carried = carried
        self.carriers = {Slot(slot.name, slot.width, Place.TOKEN): slot for slot in carried}
        self.past_cache = past_cache

    def start(self, slot: Slot, rows: Rows, row: Integer) -> Integer:
        """Where the row's first step lies."""
        return rows.first if slot.place in (Place.SHARED, Place.PARTIAL) else rows.first + row * rows.stride

    def moves(self, slot: Slot) -> bool:
        """Whether each step has its own place in the slot."""
        return slot.place in (Place.TOKEN, Place.PREVIOUS) and slot not in self.carried

    def write(self, now: dict[Slot, Integer], column: Integer) -> None:
        """The step for one vector of units."""
        code = self.code
        for slot in filter(self.moves, dict.fromkeys(self.segment.sources.values())):
            code.prefetch(now[slot] + column + AHEAD)
        known = {position: code.load(now[slot] + column) for position, slot in self.segment.sources.items()}
        results = [evaluate(code, self.arena, target.value, known) for target in self.segment.stores]
        for target, result in zip(self.segment.stores, results, strict=True):
            slot = target.slot
            if slot in self.carriers:
                code.store(now[self.carriers[slot]] + column, result)
            match slot.place:
                case Place.PARTIAL:
                    code.store(now[slot] + column, code.load(now[slot] + column) + result)
                case Place.HANDED:
                    code.store(now[slot] + column, result)
                case _:
                    self._store(now[slot] + column, result)

    def _store(self, address: Integer, lanes: Vector) -> None:
        if not self.past_cache:
            self.code.store(address, lanes)
            return
        align = self.code.format.lanes * self.code.format.bytes
        store = self.code.builder.store(lanes.value, self.code.pointer(address), align=align)
        store.set_metadata("nontemporal", self.code.module.add_metadata([ir.IntType(32)(1)]))
