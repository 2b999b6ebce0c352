"""A table whose operations read the parameters where they lie, at addresses that are given at every run."""

from __future__ import annotations

from torch import Tensor

from seqloom.cells.graph import Graph
from seqloom.kernels.arrangement import Arrangement
from seqloom.kernels.cpu.live_product import MAXIMUM_FACTORS
from seqloom.kernels.cpu.machine import Machine
from seqloom.kernels.cpu.operands import FIRST_LIVE, MAXIMUM_LIVE
from seqloom.kernels.cpu.programs import compiled_segments, meetings
from seqloom.kernels.cpu.segment import define_exact_segment
from seqloom.kernels.cpu.table import Table
from seqloom.kernels.cpu.typed import Format
from seqloom.kernels.plan import Multiply, Place, Program, Segment, Whole, columns_of_x
from seqloom.kernels.recurrence.workspace import Workspace

__all__ = ["LiveTable", "too_many"]


def too_many(program: Program, graph: Graph, arrangement: Arrangement) -> str | None:
    """Why a table cannot hold this step, or None."""
    if 2 + 2 * len(graph.states) + len(arrangement.shapes) > MAXIMUM_LIVE:
        return f"the cell has more than {MAXIMUM_LIVE} states and parameters"
    products = [operation for operation in program.operations if isinstance(operation, Multiply)]
    if any(len(product.factors) > MAXIMUM_FACTORS for product in products):
        return f"a map of the cell has more than {MAXIMUM_FACTORS} operands"
    return None


class LiveTable(Table):
    """The operations of one step. Live, in order: x, the states, the new states, an output ``apart``, the tensors."""

    def __init__(
        self, machine: Machine, number_format: Format, like: Tensor, graph: Graph, arrangement: Arrangement, apart: bool
    ) -> None:
        super().__init__(machine, number_format, like)
        columns = {slot.name: part.start or 0 for slot, part in columns_of_x(graph).items()}
        self.let_live("x", Place.TOKEN, graph.in_features, columns)
        for place in (Place.PREVIOUS, Place.TOKEN):
            for state in graph.states:
                self.let_live(f"new.{state.name}", place, state.width)
        if apart:
            self.let_live("output", Place.TOKEN, graph.out_features)
        first, size = FIRST_LIVE + self.live_count, number_format.bytes
        self.live_count += len(arrangement.shapes)
        rows = {parameter.name: parameter.shape[-1] * size for parameter in graph.parameters()}
        self._parameters = {
            name: [[piece.start * size, first + piece.tensor, 1, rows[name]] for piece in pieces]
            for name, pieces in arrangement.places.items()
        }
        for name, pieces in self._parameters.items():
            if len(pieces) == 1:
                self.live[name, Place.SHARED] = [*pieces[0][:3], 0]

    def add_step(self, program: Program, workspace: Workspace) -> None:
        """Every operation of ``program``, whose vectors have no padding."""
        segments = iter(compiled_segments(self.machine, self.format, program, define_exact_segment))
        for operation, meets in zip(program.operations, meetings(program), strict=True):
            match operation:
                case Segment():
                    self._add_segment(next(segments), operation.width, operation, workspace)
                case Multiply():
                    self._add_live_product(operation, workspace, meets)
                case Whole():
                    self._add_whole(operation, workspace)
                case _:
                    raise AssertionError(f"{operation} is not work of a step without gradients")

    def _add_live_product(self, operation: Multiply, workspace: Workspace, meets: bool) -> None:
        blocks, width, size = operation.blocks, operation.target.width // operation.blocks, self.format.bytes
        self.splits_columns &= blocks == 1
        for block in range(blocks):
            starts: list[list[int]] = []
            if operation.start is not None:
                shared = self._parameters.get(operation.start.name)
                columns = block * width
                if shared is None:
                    starts = [self.slot(operation.start, workspace, columns)]
                else:
                    starts = [[place + columns * size, live, 1, 0] for place, live, _, _ in shared]
            words = [width, len(starts), len(operation.factors), *self.slot(operation.target, workspace, block * width)]
            words += [word for start in starts for word in start]
            for factor in operation.factors:
                ((place, live, _, row),) = self._parameters[factor.matrix]
                depth = row // size
                words += self.slot(factor.slot, workspace, block * depth)
                words += [place + block * width * row, live, 1, row, depth]
                self.work += 2 * depth * width
            self._add(self.functions["multiply_live"], words, meets=meets)
