"""One step of a cell on live tensors, with next to nothing around it: they are handed over as addresses."""

from __future__ import annotations

import ctypes
import math
import struct
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from seqloom.cells.graph import Graph
from seqloom.kernels.arrangement import Arrangement
from seqloom.kernels.cpu.engine import BITS, CPUEngine
from seqloom.kernels.cpu.job import ROWS_FOR_EACH, WORK_AT_ONCE, WORK_FOR_TWO, WORK_TO_MEET
from seqloom.kernels.cpu.live import LiveTable, too_many
from seqloom.kernels.cpu.loop import JOB_WORDS
from seqloom.kernels.cpu.team import give_way_address, team
from seqloom.kernels.plan import Place, one_step
from seqloom.kernels.recurrence.packing import uniform_steps
from seqloom.kernels.recurrence.workspace import Workspace

__all__ = ["Stepper"]

WORD = ctypes.c_int64
MOST_ROWS = 4096
"""Memory for what lies between operations is kept for as many."""
BY_COLUMNS = JOB_WORDS.index("by_columns")


class Stepper:
    """``stepper(rows, addresses)`` makes one step of up to ``most`` rows; not for two threads at once.

    The addresses are those of x (B, D), the states and the new states (B, H), the output if it lies ``apart``, and the
    tensors of ``arrangement``: contiguous, of the format of ``like``. It holds no weights, only memory for what lies
    between the operations of a step. No gradients; masks have their mean.
    """

    def __init__(
        self, engine: CPUEngine, graph: Graph, arrangement: Arrangement, apart: bool, like: Tensor, most: int
    ) -> None:
        number_format = engine.machine.format(BITS[like.dtype])
        table = LiveTable(engine.machine, number_format, like, graph, arrangement, apart)
        workspace = Workspace(uniform_steps(most, 1), engine.unit_of(like), like)
        program = one_step(graph, apart)
        workspace.add_missing((slot for slot in program.slots.values() if slot.place == Place.ROW), 1)
        table.add_step(program, workspace)
        self._table, self._work = table, table.work
        # A job's counts come before its live addresses, so that both are written in one go. Even and odd steps take
        # turns, for the products' sake.
        self._live = np.zeros(2 + table.live_count, dtype=np.int64)
        self._meeting, self._nothing = np.zeros(16, dtype=np.int64), np.zeros(2, dtype=np.int64)
        self._alive = table.words()
        self._jobs = [self._job(first, most) for first in (0, 1)]
        self._next, self._after = (WORD(job.ctypes.data) for job in self._jobs)  # numbers are converted at every call
        # Python's lock is held for a short step: to let it go and wait for it again takes longer.
        self._run = ctypes.PYFUNCTYPE(None, WORD)(table.functions["alone"])
        self._pack = struct.Struct(f"{len(self._live)}q").pack_into
        self._memory = self._live.data

    @staticmethod
    def refusal(graph: Graph, arrangement: Arrangement, apart: bool, rows: int) -> str | None:
        """Why there can be no such stepper, or None."""
        if rows > MOST_ROWS or rows * sum(math.prod(shape) for shape in arrangement.shapes) > WORK_AT_ONCE:
            return f"a step of {rows} rows is enough work for the kernels of sequences"
        return too_many(one_step(graph, apart), graph, arrangement)

    def _job(self, first: int, most: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        number, count = team().addresses()
        words = dict.fromkeys(JOB_WORDS, 0) | {
            "operations": len(self._alive[0]),
            "table": self._alive[0].ctypes.data,
            "first": first,
            "count": 1,
            "direction": 1,
            "counts": self._live.ctypes.data,
            "starts": self._nothing.ctypes.data,
            "previous": self._nothing.ctypes.data,
            "batch": most,
            "meeting": self._meeting.ctypes.data,
            "thread_number": number,
            "thread_count": count,
            "give_way": give_way_address(),
            "live": self._live.ctypes.data + 2 * self._live.itemsize,
            "live_count": self._table.live_count,
        }
        return np.array(list(words.values()), dtype=np.int64)

    def __call__(self, rows: int, addresses: Sequence[int]) -> None:
        """Make the step."""
        self._pack(self._memory, 0, rows, rows, *addresses)
        self._next, self._after = self._after, self._next
        if rows * self._work > WORK_TO_MEET:
            self._share(rows)
        else:
            self._run(self._next)

    def _share(self, rows: int) -> None:
        """The same on several threads, where there is enough to do: they share the rows or, of few, the columns."""
        present = team()
        threads, work, functions = present.threads(), rows * self._work, self._table.functions
        by_columns = self._table.splits_columns and rows < ROWS_FOR_EACH * threads
        if threads == 1 or not (by_columns or (rows >= threads and work > WORK_FOR_TWO)):
            present.launch(functions["enter"], functions["run"], self._next.value, 1)
            return
        for job in self._jobs:
            job[BY_COLUMNS] = by_columns
        self._meeting[:] = 0
        present.launch(functions["enter"], functions["run"], self._next.value, threads)
