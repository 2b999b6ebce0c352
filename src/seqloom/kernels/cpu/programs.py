"""Programs in machine code: their segments, and where the threads that run them meet."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from seqloom.kernels.cpu.machine import Machine
from seqloom.kernels.cpu.scan import define_scan
from seqloom.kernels.cpu.segment import define_segment
from seqloom.kernels.cpu.typed import Format
from seqloom.kernels.plan import Multiply, Operation, Place, Program, Segment, written_slots

__all__ = ["compiled_scan", "compiled_segments", "meetings"]


@lru_cache(maxsize=1024)
def compiled_segments(
    machine: Machine, number_format: Format, program: Program, define: Callable[..., Any] = define_segment
) -> tuple[int, ...]:
    """The addresses of a program's segments, in order, as ``define`` writes them."""
    segments = [operation for operation in program.operations if isinstance(operation, Segment)]
    names = [f"segment_{k}" for k in range(len(segments))]

    def write(module: Any) -> None:
        for segment, name in zip(segments, names, strict=True):
            define(module, number_format, program.arena, segment, name)

    addresses = machine.compile(write, names)
    return tuple(addresses[name] for name in names)


@lru_cache(maxsize=1024)
def compiled_scan(machine: Machine, number_format: Format, program: Program, backwards: bool, past_cache: bool) -> int:
    """The address of a diagonal program as a scan."""
    segment = program.operations[0]
    assert isinstance(segment, Segment)

    def write(module: Any) -> None:
        define_scan(module, number_format, program.arena, segment, backwards, past_cache)

    return machine.compile(write, ["scan"])["scan"]


def meetings(program: Program) -> list[bool]:
    """Before which operations threads that share columns meet.

    A product reads columns that others wrote; what earlier steps wrote counts as written until the first meeting of the
    step. And what others may still be reading, in this step or the one before, is not to be written: of that only
    tokens are safe, for each step has its own.
    """
    found: list[bool] = []
    written: set[str] | None = None
    read = {name for operation in program.operations for name in _factors(operation)}
    for operation in program.operations:
        reads = _factors(operation)
        writes = {slot.name for slot in written_slots(operation) if slot.place != Place.TOKEN}
        meets = bool(reads) and (written is None or not reads.isdisjoint(written))
        meets |= not writes.isdisjoint(read)
        found.append(meets)
        if meets:
            written, read = set(), set()
        read |= reads
        if written is not None:
            written |= {slot.name for slot in written_slots(operation)}
    return found


def _factors(operation: Operation) -> set[str]:
    """The slots of which a product reads all columns."""
    return {factor.slot.name for factor in operation.factors} if isinstance(operation, Multiply) else set()
