"""The CPU engine: programs become tables of compiled operations, which the time loop walks through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from seqloom.kernels.call import Randomness
from seqloom.kernels.cpu.job import Job, run_once
from seqloom.kernels.cpu.machine import Machine, host
from seqloom.kernels.cpu.operands import PARTS
from seqloom.kernels.cpu.outer import scratch_numbers
from seqloom.kernels.cpu.product import panel_width, tile_heights
from seqloom.kernels.cpu.table import Table
from seqloom.kernels.cpu.team import team
from seqloom.kernels.large_results import fresh
from seqloom.kernels.plan import Place, Program
from seqloom.kernels.recurrence.by_rows import RowsByTime
from seqloom.kernels.recurrence.engine import Engine
from seqloom.kernels.recurrence.packing import Steps
from seqloom.kernels.recurrence.projection import Projection
from seqloom.kernels.recurrence.workspace import Workspace, padded

__all__ = ["CPUEngine"]

BITS = {torch.float32: 32, torch.float64: 64}
ROWS_AT_ONCE = 128
NUMBERS_AT_ONCE = 64 << 20
"""What one call of a scan reads and writes at most, so that an interrupt is noticed."""


class CPUEngine(Engine):
    """Machine code made by LLVM, for this processor or, with ``machine``, for one with narrower vectors."""

    def __init__(self, machine: Machine | None = None) -> None:
        self._machine = machine

    @property
    def machine(self) -> Machine:
        """The processor that code is made for."""
        return self._machine or host()

    def refusal(self, tensors: Sequence[Tensor]) -> str | None:
        formats = {tensor.dtype for tensor in tensors}
        if any(tensor.device.type != "cpu" for tensor in tensors):
            return "the tensors are not on the CPU"
        if len(formats) == 1 and formats <= BITS.keys():
            return None
        return f"the numbers are {', '.join(sorted(map(str, formats)))}, not all torch.float32 or all torch.float64"

    def unit_of(self, like: Tensor) -> int:
        return panel_width(self.machine.format(BITS[like.dtype]))

    def parts(self) -> int:
        return PARTS * team().threads()

    def project(self, x: Tensor, projection: Projection, out: Tensor) -> None:
        x = x if x.stride(-1) == 1 else x.contiguous()
        packing, table = self.table(x), self.table(x)
        table.add_projection(table.rows(x, Place.TOKEN), projection, out, packing)
        run_once(packing)
        Job(table, _in_blocks(len(x)) if x.ndim == 2 else _steps(*x.shape[:2]), by_columns=True).run()

    def project_back(self, gradient: Tensor, projection: Projection, out: Tensor) -> None:
        packing, table = self.table(out), self.table(out)
        table.add_projection_back(gradient, projection, out, packing)
        run_once(packing)
        Job(table, _in_blocks(len(out)), by_columns=True).run()

    def outer(self, gradient: Tensor, operand: Tensor) -> Tensor:
        number_format = self.machine.format(BITS[gradient.dtype])
        gradient, operand = (t if t.stride(1) == 1 else t.contiguous() for t in (gradient, operand))
        rows, columns = gradient.shape[1], operand.shape[1]
        height, width = tile_heights(number_format)[0], panel_width(number_format)
        result = fresh(padded(rows, height), padded(columns, width), like=gradient)
        table = self.table(gradient)
        table.add_outer(gradient, operand, result, scratch_numbers(number_format, columns), team().threads())
        run_once(table)
        return result[:rows, :columns]

    def loop(
        self,
        program: Program,
        workspace: Workspace,
        parameters: Mapping[str, Tensor],
        randomness: Randomness | None,
        backwards: bool,
    ) -> None:
        table = self.table(workspace.like)
        packing = self.table(workspace.like)
        table.add_program(program, workspace, parameters, randomness, packing)
        run_once(packing)
        Job(table, workspace.steps, backwards=backwards).run()

    def scan(self, program: Program, workspace: RowsByTime, backwards: bool) -> None:
        batch, time = workspace.steps.batch, workspace.time
        per_step = batch * sum(padded(slot.width, self.unit_of(workspace.like)) for slot in program.slots.values())
        at_once = max(1, NUMBERS_AT_ONCE // per_step)
        pieces = [(first, min(first + at_once, time)) for first in range(0, time, at_once)]
        for first, stop in reversed(pieces) if backwards else pieces:
            table = self.table(workspace.like)
            table.add_scan(program, workspace, backwards, first, stop)
            Job(table, _steps(batch, 1), by_columns=batch < team().threads()).run()

    def table(self, like: Tensor) -> Table:
        """An empty table for numbers like those of ``like``."""
        return Table(self.machine, self.machine.format(BITS[like.dtype]), like)


def _steps(batch: int, time: int) -> Steps:
    """``time`` steps of all rows."""
    return Steps(np.full(time, batch), np.arange(time), batch, -1)


def _in_blocks(rows: int) -> Steps:
    """Rows as steps of a block each."""
    counts = np.full(-(-rows // ROWS_AT_ONCE), ROWS_AT_ONCE)
    counts[-1] = rows - ROWS_AT_ONCE * (len(counts) - 1)
    return Steps(counts, np.arange(len(counts)) * ROWS_AT_ONCE, ROWS_AT_ONCE, 0)
