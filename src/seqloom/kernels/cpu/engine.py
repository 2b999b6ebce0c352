"""The CPU engine: programs become tables of compiled operations, which the time loop walks through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from seqloom.kernels.call import Call, Randomness
from seqloom.kernels.cpu.job import Job, run
from seqloom.kernels.cpu.library import library
from seqloom.kernels.cpu.machine import Machine, host
from seqloom.kernels.cpu.outer import scratch_numbers
from seqloom.kernels.cpu.product import panel_width, tile_heights
from seqloom.kernels.cpu.table import Table
from seqloom.kernels.cpu.team import team
from seqloom.kernels.plan import Program
from seqloom.kernels.recurrence.engine import Engine
from seqloom.kernels.recurrence.packing import Steps, uniform_steps
from seqloom.kernels.recurrence.workspace import Workspace, padded

__all__ = ["CPUEngine"]

BITS = {torch.float32: 32, torch.float64: 64}
ROWS_AT_ONCE = 128


class CPUEngine(Engine):
    """Machine code made by LLVM, for this processor or, with ``machine``, for one with narrower vectors."""

    def __init__(self, machine: Machine | None = None) -> None:
        self._machine = machine

    @property
    def machine(self) -> Machine:
        """The processor that code is made for."""
        return self._machine or host()

    def refusal(self, call: Call) -> str | None:
        tensors = (call.x, *call.states, *call.parameters.values())
        if any(tensor.device.type != "cpu" for tensor in tensors):
            return "the tensors are not on the CPU"
        formats = {tensor.dtype for tensor in tensors}
        if len(formats) > 1 or call.x.dtype not in BITS:
            return f"the numbers are {', '.join(sorted(map(str, formats)))}, not all torch.float32 or all torch.float64"
        return None

    def unit_of(self, like: Tensor) -> int:
        return panel_width(self.machine.format(BITS[like.dtype]))

    def parts(self) -> int:
        return team().threads()

    def project(self, x: Tensor, matrices: Sequence[Tensor], starts: Sequence[int], bias: Tensor, out: Tensor) -> None:
        x = x if x.stride(1) == 1 else x.contiguous()
        table = self._table(x)
        packed = table.memory(out.shape[1] * x.shape[1])
        at_start: dict[int, Tensor] = {}
        for matrix, start in zip(matrices, starts, strict=True):
            at_start[start] = at_start[start] + matrix if start in at_start else matrix
        for start, matrix in at_start.items():
            table.add_pack(matrix, packed[start * x.shape[1] :], transposed=True)
        self._run_once(table)
        table = self._table(x)
        table.add_rows_product(x, packed, bias[None], out)
        self._run_rows(table, len(x))

    def project_back(self, gradient: Tensor, matrices: Sequence[Tensor], starts: Sequence[int], out: Tensor) -> None:
        table = self._table(out)
        panels = padded(out.shape[1], self.unit_of(out))
        packed = [table.memory(matrix.shape[0] * panels) for matrix in matrices]
        for matrix, place in zip(matrices, packed, strict=True):
            table.add_pack(matrix, place, transposed=False)
        self._run_once(table)
        table = self._table(out)
        factors = [
            (gradient[:, start : start + len(matrix)], place, len(matrix))
            for matrix, start, place in zip(matrices, starts, packed, strict=True)
        ]
        table.add_sum_of_products(factors, out)
        self._run_rows(table, len(out))

    def outer(self, gradient: Tensor, operand: Tensor) -> Tensor:
        number_format = self.machine.format(BITS[gradient.dtype])
        gradient, operand = (t if t.stride(1) == 1 else t.contiguous() for t in (gradient, operand))
        rows, columns = gradient.shape[1], operand.shape[1]
        result = gradient.new_empty(
            padded(rows, tile_heights(number_format)[0]), padded(columns, panel_width(number_format))
        )
        table = self._table(gradient)
        table.add_outer(gradient, operand, result, scratch_numbers(number_format, columns), self.parts())
        self._run_once(table, by_columns=True)
        return result[:rows, :columns]

    def loop(
        self,
        program: Program,
        workspace: Workspace,
        parameters: Mapping[str, Tensor],
        randomness: Randomness | None,
        backwards: bool,
    ) -> None:
        table = self._table(workspace.like)
        packing = self._table(workspace.like)
        table.add_program(program, workspace, parameters, randomness, packing)
        self._run_once(packing, by_columns=True)
        run(Job(self.machine_functions(workspace.like), table, workspace.steps, table.splits_columns, backwards))

    def machine_functions(self, like: Tensor) -> dict[str, int]:
        """The shared functions for numbers like those of ``like``."""
        return library(self.machine, self.machine.format(BITS[like.dtype]))

    def _table(self, like: Tensor) -> Table:
        return Table(self.machine, self.machine.format(BITS[like.dtype]), like)

    def _run_once(self, table: Table, by_columns: bool = True) -> None:
        run(Job(self.machine_functions(table.like), table, uniform_steps(1, 1), by_columns, False))

    def _run_rows(self, table: Table, rows: int) -> None:
        run(Job(self.machine_functions(table.like), table, _in_blocks(rows), True, False))


def _in_blocks(rows: int) -> Steps:
    """Rows as steps of a block each."""
    counts = np.full(-(-rows // ROWS_AT_ONCE), ROWS_AT_ONCE)
    counts[-1] = rows - ROWS_AT_ONCE * (len(counts) - 1)
    return Steps(counts, np.arange(len(counts)) * ROWS_AT_ONCE, ROWS_AT_ONCE)
