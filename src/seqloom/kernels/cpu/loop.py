"""The time loop: for every step, every operation, by a team of threads.

A job in memory says what to do; compiled code never knows a cell. Threads share the rows of a batch, or, where rows
are few, the columns; then they meet before every product, which reads what the others wrote.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from seqloom.kernels.cpu.emit import Code, declare, define
from seqloom.kernels.cpu.operands import FIRST_LIVE, MAXIMUM_LIVE, PARTS
from seqloom.kernels.cpu.typed import I64, Format, Integer, Variable

__all__ = ["JOB_WORDS", "OPERATION_WORDS", "define_loop"]

OPERATION_WORDS = 3
JOB_WORDS = (
    "operations",
    "table",
    "first",
    "count",
    "direction",
    "counts",
    "starts",
    "previous",
    "batch",
    "by_columns",
    "meets_each_step",
    "meeting",
    "thread_number",
    "thread_count",
    "give_way",
    "live",
    "live_count",
)
PATIENCE = 4096


def define_loop(module: Any, number_format: Format, pause: str | None) -> None:
    """``run(job, thread, threads)``, ``alone(job)``; ``enter(job)`` for a team that asks for its number and size."""
    meet = _define_meet(module, number_format, pause)
    with define(module, "run", 3, number_format) as code:
        _write_run(code, meet)
    run = code.function
    with define(module, "alone", 1, number_format) as code:
        code.call(run, code.arguments[0], 0, 1)
    with define(module, "enter", 1, number_format) as code:
        job = _Job(code, code.arguments[0])
        numbers = [code.call_address(job[word], (), ir.IntType(32)) for word in ("thread_number", "thread_count")]
        code.call(run, code.arguments[0], *(Integer(code, code.builder.sext(n, I64)) for n in numbers))


class _Job:
    """The words of a job by name."""

    def __init__(self, code: Code, address: Integer) -> None:
        self.code = code
        self.address = address

    def __getitem__(self, word: str) -> Integer:
        return self.code.load_integer(self.address + 8 * JOB_WORDS.index(word))


def _write_run(code: Code, meet: Any) -> None:
    place, thread, threads = code.arguments
    job = _Job(code, place)
    by_columns, direction, batch = job["by_columns"], job["direction"], job["batch"]
    counts, starts, previous, first = job["counts"], job["starts"], job["previous"], job["first"]
    meeting, give_way, table, operations = job["meeting"], job["give_way"], job["table"], job["operations"]
    meets_each_step = job["meets_each_step"]
    offsets = code.scratch(I64, FIRST_LIVE + MAXIMUM_LIVE)
    with code.loop(0, job["live_count"]) as k:
        address = code.load_integer(job["live"] + k * 8)
        code.store_integer(offsets + FIRST_LIVE * 8 + k * 8, address)
    by_rows = code.integer(1) - by_columns
    with code.loop(0, job["count"]) as k:
        t = first + k * direction
        rows = code.load_integer(counts + t * 8)
        parity = t & 1
        present = (code.integer(0), code.load_integer(starts + t * 8), code.load_integer(previous + t * 8))
        halves = (parity * batch, (code.integer(1) - parity) * batch)
        for number, value in enumerate((*present, *halves, thread * PARTS + (t & (PARTS - 1)), t)):
            code.store_integer(offsets + 8 * number, value)
        first_row = rows * thread // threads * by_rows
        last_row = rows * (thread + 1) // threads * by_rows + rows * by_columns
        part = thread * by_columns
        parts = threads * by_columns + by_rows
        with code.when(meets_each_step.compare("!=", 0)):
            code.call(meet, meeting, threads, give_way)
        with code.loop(0, operations) as n:
            entry = table + n * (8 * OPERATION_WORDS)
            with code.when((code.load_integer(entry + 16) * by_columns).compare("!=", 0)):
                code.call(meet, meeting, threads, give_way)
            arguments = (code.load_integer(entry + 8), offsets, first_row, last_row, part, parts)
            code.call_address(code.load_integer(entry), arguments)


def _define_meet(module: Any, number_format: Format, pause: str | None) -> Any:
    """``meet(counter, threads, give_way)``: wait until all threads are here, giving way after a while."""
    with define(module, "meet", 3, number_format, internal=True) as code:
        counter, threads, give_way = code.arguments
        builder = code.builder
        with code.when(threads.compare(">", 1)):
            arrived = Integer(code, builder.atomic_rmw("add", code.pointer(counter), I64(1), "seq_cst"))
            wanted = (arrived // threads + 1) * threads
            tries = Variable(code, I64(0))
            head, wait, after = (code.function.append_basic_block(name) for name in ("head", "wait", "after"))
            builder.branch(head)
            builder.position_at_end(head)
            present = builder.load_atomic(code.pointer(counter), "seq_cst", 8, typ=I64)
            builder.cbranch(Integer(code, present).compare("<", wanted), wait, after)
            builder.position_at_end(wait)
            if pause is not None:
                builder.call(declare(module, pause, ir.VoidType(), []), [])
            tries.set((Integer(code, tries.get()) + 1).value)
            with code.when(Integer(code, tries.get()).compare(">", PATIENCE)):
                code.call_address(give_way, (), ir.IntType(32))
            builder.branch(head)
            builder.position_at_end(after)
    return code.function
