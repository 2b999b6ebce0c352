"""Run a table of operations for some steps, in pieces short enough that an interrupt is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seqloom.kernels.cpu.loop import JOB_WORDS
from seqloom.kernels.cpu.table import Table
from seqloom.kernels.cpu.team import give_way_address, team
from seqloom.kernels.recurrence.packing import Steps

__all__ = ["Job", "run"]

WORK_AT_ONCE = 1_000_000_000
"""Floating-point operations of one call: a few milliseconds, and below 50 on a slow machine."""
WORK_FOR_TWO = 400_000
"""Below this much work a second thread costs more than it saves."""


@dataclass(frozen=True)
class Job:
    """A table to be run for every step, by threads that share columns or rows."""

    functions: Mapping[str, int]
    table: Table
    steps: Steps
    by_columns: bool
    backwards: bool


def run(job: Job) -> None:
    """Run the job on torch's number of threads, or on one where there is little to do."""
    counts = np.ascontiguousarray(job.steps.counts)
    starts = np.ascontiguousarray(job.steps.starts)
    previous = np.ascontiguousarray(job.steps.previous)
    entries, flat = job.table.words()
    present, steps = team(), len(counts)
    work = job.table.work * max(1, job.steps.batch)
    threads = present.threads() if work * steps > WORK_FOR_TWO else 1
    at_once = max(1, WORK_AT_ONCE // max(1, work))
    meeting = np.zeros(16, dtype=np.int64)
    number, count = present.addresses()
    words = np.zeros(len(JOB_WORDS), dtype=np.int64)
    fixed = {
        "operations": len(entries),
        "table": entries.ctypes.data,
        "direction": -1 if job.backwards else 1,
        "counts": counts.ctypes.data,
        "starts": starts.ctypes.data,
        "previous": previous.ctypes.data,
        "batch": job.steps.batch,
        "by_columns": job.by_columns,
        "meets_each_step": job.steps.is_ragged and not job.by_columns,
        "meeting": meeting.ctypes.data,
        "thread_number": number,
        "thread_count": count,
        "give_way": give_way_address(),
    }
    for word, value in fixed.items():
        words[JOB_WORDS.index(word)] = value
    first_word, count_word = JOB_WORDS.index("first"), JOB_WORDS.index("count")
    for done in range(0, steps, at_once):
        words[first_word] = steps - 1 - done if job.backwards else done
        words[count_word] = min(at_once, steps - done)
        meeting[:] = 0
        present.launch(job.functions["enter"], job.functions["run"], words.ctypes.data, threads)
    del flat
