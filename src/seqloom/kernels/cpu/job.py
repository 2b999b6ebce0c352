"""Run a table of operations for some steps, in pieces short enough that an interrupt is noticed."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqloom.kernels.cpu.loop import JOB_WORDS
from seqloom.kernels.cpu.operands import MAXIMUM_LIVE
from seqloom.kernels.cpu.table import Table
from seqloom.kernels.cpu.team import give_way_address, team
from seqloom.kernels.recurrence.packing import Steps, uniform_steps

__all__ = ["Job", "run_once"]

FIRST, COUNT = JOB_WORDS.index("first"), JOB_WORDS.index("count")

WORK_AT_ONCE = 1_000_000_000
"""Floating-point operations of one call: a few milliseconds, and below 50 on a slow machine."""
WORK_FOR_TWO = 400_000
"""Below this much work a second thread costs more than it saves."""
WORK_TO_MEET = 200_000
"""The same for a single step in which threads meet, because they share columns."""
ROWS_FOR_EACH = 8


class Job:
    """A table made ready to run for every step.

    Threads share the rows where each gets enough of them for whole tiles; else, where the table allows it, the columns.
    """

    def __init__(self, table: Table, steps: Steps, by_columns: bool | None = None, backwards: bool = False) -> None:
        present = team()
        if by_columns is None:
            by_columns = table.splits_columns and steps.batch < ROWS_FOR_EACH * present.threads()
        self.table = table
        self.steps = len(steps.counts)
        self.backwards = backwards
        work = table.work * max(1, steps.batch)
        pays = work * self.steps > WORK_FOR_TWO and (not by_columns or work > WORK_TO_MEET)
        self.threads = present.threads() if pays else 1
        self.at_once = max(1, WORK_AT_ONCE // max(1, work))
        entries, flat = table.words()
        number, count = present.addresses()
        self.meeting = np.zeros(16, dtype=np.int64)
        self.live = np.zeros(MAXIMUM_LIVE, dtype=np.int64)
        arrays = [np.ascontiguousarray(array) for array in (steps.counts, steps.starts, steps.previous)]
        self._alive = (entries, flat, *arrays)
        self.words = _words(
            count=1,
            operations=len(entries),
            table=entries.ctypes.data,
            direction=-1 if backwards else 1,
            counts=arrays[0].ctypes.data,
            starts=arrays[1].ctypes.data,
            previous=arrays[2].ctypes.data,
            batch=steps.batch,
            by_columns=by_columns,
            meets_each_step=steps.is_ragged and not by_columns,
            meeting=self.meeting.ctypes.data,
            thread_number=number,
            thread_count=count,
            give_way=give_way_address(),
            live=self.live.ctypes.data,
            live_count=table.live_count,
        )

    def run(self, steps: int | None = None) -> None:
        """Run all steps, or the first ``steps``, on torch's threads, or on one where there is little to do."""
        steps = self.steps if steps is None else steps
        for done in range(0, steps, self.at_once):
            self.words[FIRST] = steps - 1 - done if self.backwards else done
            self.words[COUNT] = min(self.at_once, steps - done)
            self.meeting[:] = 0
            enter, alone = self.table.functions["enter"], self.table.functions["run"]
            team().launch(enter, alone, self.words.ctypes.data, min(self.threads, team().threads()))


def run_once(table: Table) -> None:
    """Run a table for one step, its columns shared among the threads."""
    Job(table, uniform_steps(1, 1), by_columns=True).run()


def _words(**values: int) -> Any:
    words = np.zeros(len(JOB_WORDS), dtype=np.int64)
    for name, value in values.items():
        words[JOB_WORDS.index(name)] = value
    return words
