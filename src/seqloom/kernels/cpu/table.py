"""Operations as words in memory: which compiled function, and where its operands lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import torch
from torch import Tensor

from seqloom.kernels.call import Randomness
from seqloom.kernels.cpu.library import library
from seqloom.kernels.cpu.loop import OPERATION_WORDS
from seqloom.kernels.cpu.machine import Machine
from seqloom.kernels.cpu.operands import FIRST_LIVE, MAXIMUM_LIVE, OFFSETS
from seqloom.kernels.cpu.product import panel_width
from seqloom.kernels.cpu.programs import compiled_scan, compiled_segments, meetings
from seqloom.kernels.cpu.scan import carried_slots
from seqloom.kernels.cpu.segment import segment_slots
from seqloom.kernels.cpu.typed import Format
from seqloom.kernels.plan import Multiply, Place, Program, Segment, Slot, Throw, Whole
from seqloom.kernels.plan.values import Normalise, NormaliseBack
from seqloom.kernels.random_bits import WORD
from seqloom.kernels.recurrence.by_rows import RowsByTime
from seqloom.kernels.recurrence.projection import Projection
from seqloom.kernels.recurrence.workspace import Workspace, padded

__all__ = ["SamplingOperands", "Table"]

ALIGNMENT = 64
CACHE = 8 << 20
"""Results larger than this are written past the cache."""


class SamplingOperands(NamedTuple):
    """How tokens are drawn: what is added to the scores (V,), the temperature (1,) or None, how many are kept.

    The random numbers are those of ``name``, the row seeds (B,) and the times (B,), counted on with each step.
    """

    added: Tensor
    temperature: Tensor | None
    kept: int
    name: str
    seeds: Tensor
    times: Tensor


class Table:
    """A list of operations with their operands; it keeps alive whatever memory they point to."""

    def __init__(self, machine: Machine, number_format: Format, like: Tensor) -> None:
        self.machine = machine
        self.format = number_format
        self.like = like
        self.functions = library(machine, number_format)
        self.operations: list[tuple[int, list[int], bool]] = []
        self.work = 0
        self.splits_columns = True
        self.live: dict[tuple[str, Place], list[int]] = {}
        self.live_count = 0
        self._shared_otherwise = False
        self._alive: list[Any] = []

    def memory(self, numbers: int) -> Tensor:
        """Fresh aligned memory."""
        extra = ALIGNMENT // self.format.bytes
        whole = torch.empty(numbers + extra, dtype=self.like.dtype)
        start = -whole.data_ptr() % ALIGNMENT // self.format.bytes
        self._alive.append(whole)
        return whole[start : start + numbers]

    def let_live(self, name: str, place: Place, stride: int, parts: Mapping[str, int] | None = None) -> None:
        """Let a slot's memory be given at each run, its rows ``stride`` numbers apart.

        ``parts`` are slots that lie within it, each from a column on.
        """
        if self.live_count == MAXIMUM_LIVE:
            raise MemoryError(f"a table has at most {MAXIMUM_LIVE} live slots")
        size = self.format.bytes
        for slot, column in {name: 0, **(parts or {})}.items():
            self.live[slot, place] = [column * size, FIRST_LIVE + self.live_count, 1, stride * size]
        self.live_count += 1

    def words(self) -> tuple[Any, Any]:
        """The table and the operands' words, as arrays to be kept alive during the run."""
        flat = np.array([word for _, words, _ in self.operations for word in words], dtype=np.int64)
        ends = np.cumsum([len(words) for _, words, _ in self.operations])
        starts = np.concatenate([[0], ends[:-1]]) * 8 + flat.ctypes.data
        entries = np.empty((len(self.operations), OPERATION_WORDS), dtype=np.int64)
        entries[:, 0] = [address for address, _, _ in self.operations]
        entries[:, 1] = starts
        entries[:, 2] = [meets for _, _, meets in self.operations]
        return entries, flat

    def _add(self, address: int, words: Sequence[int], *alive: Tensor, meets: bool = False) -> None:
        self.operations.append((address, list(words), meets or self._shared_otherwise))
        self._shared_otherwise = False
        self._alive += alive

    def add_pack(self, matrix: Tensor, target: Tensor, transposed: bool) -> None:
        """Pack W for x Wᵀ (transposed) or x W into panels at ``target``."""
        matrix = matrix if matrix.stride(1) == 1 else matrix.contiguous()
        rows, columns = matrix.shape
        depth, width = (columns, rows) if transposed else (rows, columns)
        panel = depth * panel_width(self.format) * self.format.bytes
        words = (matrix.data_ptr(), matrix.stride(0) * self.format.bytes, depth, width, target.data_ptr(), panel)
        self._add(self.functions["pack_transposed" if transposed else "pack"], words, matrix, target)

    def rows(self, tensor: Tensor, place: Place, first: int = 0) -> list[int]:
        """The words of a slot whose memory is ``tensor``, tokens (N, width), or rows by steps (B, T, width)."""
        row = tensor.stride(0) if len(tensor) > 1 else tensor.shape[-1]
        step = tensor.stride(1) if tensor.ndim == 3 else row
        row, step = row * self.format.bytes, step * self.format.bytes
        base = tensor.data_ptr() + first * step
        self._alive.append(tensor)
        match place:
            case Place.SHARED:
                return [base, OFFSETS[place], 0, 0]
            case Place.PARTIAL:
                return [base, OFFSETS[place], step, 0]
            case _:
                return [base, OFFSETS[place], step, row]

    def _multiply(
        self,
        target: list[int],
        start: list[int],
        width: int,
        factors: Sequence[tuple[list[int], Tensor, int]],
        meets: bool,
    ) -> None:
        panel = panel_width(self.format)
        panels = -(-width // panel)
        words = [panels, width - (panels - 1) * panel, len(factors), *target, *start]
        for rows, packed, depth in factors:
            words += [*rows, packed.data_ptr(), depth]
            self.work += 2 * depth * width
        self._add(self.functions["multiply"], words, *(packed for _, packed, _ in factors), meets=meets)

    def add_projection(
        self,
        x: list[int],
        projection: Projection,
        out: Tensor,
        packing: Table,
        place: Place = Place.TOKEN,
        meets: bool = False,
    ) -> None:
        """out = x Wᵀ + bias for all W of the projection; ``x`` are the words of x's rows.

        Threads share the columns of ``out`` as a whole, not those of each slot in it, so they meet again afterwards.
        """
        depth = projection.matrices[0].shape[1]
        width = out.shape[-1]
        packed = self.memory(width * depth)
        for matrix, start in zip(projection.matrices, projection.starts, strict=True):
            packing.add_pack(matrix, packed[start * depth :], transposed=True)
        begin = self.rows(projection.bias, Place.SHARED)
        self._multiply(self.rows(out, place), begin, width, [(x, packed, depth)], meets)
        self._shared_otherwise = True

    def add_projection_back(self, gradient: Tensor, projection: Projection, out: Tensor, packing: Table) -> None:
        """out = Σ gradient W over all W of the projection."""
        width = out.shape[1]
        factors = []
        for matrix, start in zip(projection.matrices, projection.starts, strict=True):
            depth = len(matrix)
            packed = self.memory(depth * padded(width, panel_width(self.format)))
            packing.add_pack(matrix, packed, transposed=False)
            factors.append((self.rows(gradient[:, start : start + depth], Place.TOKEN), packed, depth))
        self._multiply(self.rows(out, Place.TOKEN), self._zeros(width), width, factors, False)

    def _zeros(self, width: int) -> list[int]:
        return self.rows(self.like.new_zeros(1, padded(width, panel_width(self.format))), Place.SHARED)

    def add_gather(self, tokens: Tensor, table: Tensor, out: Tensor) -> None:
        """out = the rows of ``table`` (V, width) that ``tokens`` (steps, B) name at this step."""
        width = out.shape[1]
        stride = table.stride(0) * self.format.bytes
        words = [width // panel_width(self.format), tokens.data_ptr(), tokens.shape[1], table.data_ptr(), stride]
        self.work += 4 * width
        self._add(self.functions["gather"], [*words, *self.rows(out, Place.TOKEN)], tokens, table)
        self._shared_otherwise = True

    def add_sample(self, scores: Tensor, scratch: Tensor, tokens: Tensor, sampling: SamplingOperands) -> None:
        """tokens (steps, B) at this step, drawn from ``scores`` (B, V); ``scratch`` has a row of float64 a thread.

        Every thread draws for itself, which costs less than to wait for another.
        """
        words = [sampling.added.shape[0], sampling.kept, crc32(sampling.name.encode()), sampling.seeds.data_ptr()]
        words += [sampling.times.data_ptr(), tokens.data_ptr()]
        words += [0 if sampling.temperature is None else sampling.temperature.data_ptr(), sampling.added.data_ptr()]
        words += [tokens.shape[1], *self.rows(scores, Place.ROW), *self.rows(scratch, Place.PARTIAL)]
        self.work += 64 * sampling.added.shape[0]
        self._alive.append(sampling)
        self._add(self.functions["sample"], words, tokens, meets=True)

    def extend(self, other: Table) -> None:
        """Go on with the operations of ``other``."""
        self.operations += other.operations
        self.work += other.work
        self.splits_columns &= other.splits_columns
        self._alive.append(other)

    def add_outer(self, a: Tensor, b: Tensor, c: Tensor, scratch: int, parts: int) -> None:
        """c = aᵀ b; ``scratch`` numbers for each of ``parts`` threads."""
        size = self.format.bytes
        place, zero = self.memory(scratch * parts), self._zeros(panel_width(self.format))[0]
        steps = [t.stride(0) * size for t in (a, b, c)]
        ends = [len(a), a.shape[1], b.shape[1], c.data_ptr(), steps[2], place.data_ptr(), scratch * size, zero]
        self.work += 2 * len(a) * a.shape[1] * b.shape[1]
        self._add(self.functions["outer"], [a.data_ptr(), steps[0], b.data_ptr(), steps[1], *ends], a, b, c)

    def add_program(
        self,
        program: Program,
        workspace: Workspace,
        parameters: Mapping[str, Tensor],
        randomness: Randomness | None,
        packing: Table,
    ) -> None:
        """Every operation of ``program``; the matrices it needs are packed by ``packing``, which runs first."""
        segments = iter(compiled_segments(self.machine, self.format, program))
        for operation, meets in zip(program.operations, meetings(program), strict=True):
            match operation:
                case Segment():
                    panels = -(-operation.width // panel_width(self.format))
                    self._add_segment(next(segments), panels, operation, workspace)
                case Multiply():
                    self._add_multiply(operation, workspace, parameters, packing, meets)
                case Whole():
                    self._add_whole(operation, workspace)
                case Throw():
                    assert randomness is not None
                    self._add_throw(operation, workspace, randomness)

    def add_scan(self, program: Program, workspace: RowsByTime, backwards: bool, first: int, stop: int) -> None:
        """The steps ``first`` to ``stop`` of a diagonal program at once."""
        segment = program.operations[0]
        assert isinstance(segment, Segment)
        slots = segment_slots(segment)
        size = workspace.time * workspace.steps.batch * segment.width * self.format.bytes
        address = compiled_scan(self.machine, self.format, program, backwards, size > CACHE)
        carried = carried_slots(segment, backwards)
        words = [-(-segment.width // panel_width(self.format)), first, stop]
        for slot in slots:
            words += (
                self.rows(workspace.carried[slot.name], Place.ROW) if slot in carried else self.slot(slot, workspace)
            )
        self.work += 16 * len(slots) * segment.width * (stop - first)
        self._add(address, words)

    def slot(self, slot: Slot, workspace: Workspace, columns: int = 0) -> list[int]:
        """The words of a slot, from ``columns`` columns on."""
        live = self.live.get((slot.name, slot.place))
        if live is not None:
            return [live[0] + columns * self.format.bytes, *live[1:]]
        words = self.rows(workspace.tensors[slot.name], slot.place, workspace.first_row(slot))
        words[0] += columns * self.format.bytes
        return words

    def _add_segment(self, address: int, extent: int, segment: Segment, workspace: Workspace) -> None:
        slots = segment_slots(segment)
        words = [extent] + [word for slot in slots for word in self.slot(slot, workspace)]
        self.work += 16 * len(slots) * segment.width
        self.splits_columns &= segment.width > 1 and all(slot.width > 1 for slot in slots)
        self._add(address, words)

    def _add_multiply(
        self,
        operation: Multiply,
        workspace: Workspace,
        parameters: Mapping[str, Tensor],
        packing: Table,
        meets: bool,
    ) -> None:
        blocks, width = operation.blocks, operation.target.width // operation.blocks
        self.splits_columns &= blocks == 1
        for block in range(blocks):
            factors = []
            for factor in operation.factors:
                matrix = parameters[factor.matrix]
                matrix = matrix if matrix.ndim == 2 else matrix[block]
                depth = matrix.shape[0] if factor.transposed else matrix.shape[1]
                packed = self.memory(depth * padded(width, panel_width(self.format)))
                packing.add_pack(matrix, packed, not factor.transposed)
                factors.append((self.slot(factor.slot, workspace, block * depth), packed, depth))
            target = self.slot(operation.target, workspace, block * width)
            if operation.start is None:
                start = self._zeros(width)
            else:
                start = self.slot(operation.start, workspace, block * width)
            exact = width if blocks > 1 else padded(width, panel_width(self.format))
            self._multiply(target, start, exact, factors, meets)

    def _add_whole(self, operation: Whole, workspace: Workspace) -> None:
        value = operation.value
        self.splits_columns = False
        words = [word for slot in (*operation.sources, *operation.targets) for word in self.slot(slot, workspace)]
        match value:
            case Normalise() | NormaliseBack():
                name = f"normalise_{'back_' if isinstance(value, NormaliseBack) else ''}{value.kind}"
                groups, width = value.groups, value.width // value.groups
                if isinstance(value, Normalise) and len(operation.targets) == 1:
                    words += [0, 0, 0, 0]
            case _:
                name, groups, width = "total", 1, operation.sources[0].width
        self.work += 32 * width * groups
        self._add(self.functions[name], [groups, width, *words])

    def _add_throw(self, operation: Throw, workspace: Workspace, randomness: Randomness) -> None:
        coins = operation.coins
        self.splits_columns = False
        seeds, times = (rows.contiguous() for rows in randomness)
        threshold, name = int(coins.p * (WORD + 1)), crc32(coins.name.encode())
        words = [coins.width, threshold, name, seeds.data_ptr(), times.data_ptr(), int(coins.per == "step")]
        self.work += 64 * coins.width
        self._add(self.functions["coins"], [*words, *self.slot(operation.target, workspace)], seeds, times)
