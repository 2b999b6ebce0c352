"""The middle rung: planned programs run with torch operations, one step after the other.

It says whether the derivation is right before any machine code exists. It needs no compiler and runs on every device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from seqloom.kernels.call import Randomness
from seqloom.kernels.plan import Multiply, Place, Program, Segment, Slot, Throw, Whole
from seqloom.kernels.plan.values import Apply, Arena, Normalise, NormaliseBack, Number, Total
from seqloom.kernels.random_bits import bernoulli_mask
from seqloom.kernels.recurrence.by_rows import RowsByTime
from seqloom.kernels.recurrence.engine import Engine
from seqloom.kernels.recurrence.projection import Projection
from seqloom.kernels.recurrence.workspace import Workspace
from seqloom.kernels.reference import NORM_EPSILON, OPERATIONS

__all__ = ["TorchEngine"]

FUNCTIONS: dict[str, Callable[..., Tensor]] = OPERATIONS | {
    "passed": lambda g, y: torch.where(y <= 0, 0.0, g),
    "share": lambda g, a, b: torch.where(a < b, 0.0, torch.where(a == b, g / 2, g)),
}


class TorchEngine(Engine):
    """Every operation is a torch operation on the rows that run."""

    def refusal(self, tensors: Sequence[Tensor]) -> str | None:
        return None

    def unit_of(self, like: Tensor) -> int:
        return 1

    def parts(self) -> int:
        return 1

    def project(self, x: Tensor, projection: Projection, out: Tensor) -> None:
        out[:] = projection.bias
        for matrix, start in zip(projection.matrices, projection.starts, strict=True):
            out[..., start : start + matrix.shape[0]] += x @ matrix.T

    def project_back(self, gradient: Tensor, projection: Projection, out: Tensor) -> None:
        out.zero_()
        for matrix, start in zip(projection.matrices, projection.starts, strict=True):
            out += gradient[:, start : start + matrix.shape[0]] @ matrix

    def outer(self, gradient: Tensor, operand: Tensor) -> Tensor:
        return gradient.T @ operand

    def loop(
        self,
        program: Program,
        workspace: Workspace,
        parameters: Mapping[str, Tensor],
        randomness: Randomness | None,
        backwards: bool,
    ) -> None:
        steps = range(len(workspace.steps.counts))
        for t in reversed(steps) if backwards else steps:
            step = _Step(program.arena, workspace, parameters, randomness, t)
            for operation in program.operations:
                step.run(operation)

    def scan(self, program: Program, workspace: RowsByTime, backwards: bool) -> None:
        steps = range(workspace.time)
        for t in reversed(steps) if backwards else steps:
            _ScanStep(program.arena, workspace, t).run(program.operations[0])


class _Step:
    """One step: the rows of each slot at time t."""

    def __init__(
        self,
        arena: Arena,
        workspace: Workspace,
        parameters: Mapping[str, Tensor],
        randomness: Randomness | None,
        t: int,
    ) -> None:
        self.arena = arena
        self.workspace = workspace
        self.parameters = parameters
        self.randomness = randomness
        self.t = t

    def run(self, operation: Multiply | Whole | Throw | Segment) -> None:
        match operation:
            case Multiply():
                self._multiply(operation)
            case Whole():
                self._whole(operation)
            case Throw(coins, target):
                assert self.randomness is not None
                seed, time = (rows[: self._count] for rows in self.randomness)
                time = time + self.t if coins.per == "step" else torch.zeros_like(time)
                rows = self.rows(target)
                rows.copy_(bernoulli_mask(coins.name, coins.p, seed, time, coins.width))
            case Segment():
                self._segment(operation)

    @property
    def _count(self) -> int:
        return int(self.workspace.steps.counts[self.t])

    def rows(self, slot: Slot) -> Tensor:
        """The memory of ``slot`` that this step reads or writes: (running rows, width)."""
        workspace, count, t = self.workspace, self._count, self.t
        tensor, batch = workspace.tensors[slot.name], workspace.steps.batch
        match slot.place:
            case Place.TOKEN:
                start = workspace.first_row(slot) + int(workspace.steps.starts[t])
            case Place.PREVIOUS:
                start = workspace.first_row(slot) + int(workspace.steps.previous[t])
            case Place.GIVEN:
                start = batch * (t % 2)
            case Place.HANDED:
                start = batch * (1 - t % 2)
            case Place.ROW:
                start = 0
            case Place.SHARED | Place.PARTIAL:
                return tensor[0:1, : slot.width]
        return tensor[start : start + count, : slot.width]

    def _multiply(self, operation: Multiply) -> None:
        target = self.rows(operation.target)
        total = torch.zeros_like(target) if operation.start is None else self.rows(operation.start).expand_as(target)
        for factor in operation.factors:
            matrix = self.parameters[factor.matrix].reshape(operation.blocks, -1, self._columns(factor.matrix))
            matrix = matrix.transpose(1, 2) if not factor.transposed else matrix
            parts = self.rows(factor.slot).unflatten(-1, (operation.blocks, -1))
            total = total + torch.einsum("bni,nij->bnj", parts, matrix).flatten(-2)
        target.copy_(total)

    def _columns(self, matrix: str) -> int:
        return self.parameters[matrix].shape[-1]

    def _whole(self, operation: Whole) -> None:
        value, targets = operation.value, [self.rows(slot) for slot in operation.targets]
        sources = [self.rows(slot) for slot in operation.sources]
        match value:
            case Total():
                targets[0].copy_(sources[0].sum(-1, keepdim=True))
            case Normalise():
                grouped = sources[0].unflatten(-1, (value.groups, -1))
                if value.kind == "layer":
                    grouped = grouped - grouped.mean(-1, keepdim=True)
                deviation = torch.rsqrt(grouped.square().mean(-1) + NORM_EPSILON)
                targets[0].copy_((grouped * deviation[..., None]).flatten(-2))
                for target in targets[1:]:
                    target.copy_(deviation)
            case NormaliseBack():
                gradient, hat, deviation = sources
                gradient, hat = (v.unflatten(-1, (value.groups, -1)) for v in (gradient, hat))
                change = gradient - hat * (gradient * hat).mean(-1, keepdim=True)
                if value.kind == "layer":
                    change = change - gradient.mean(-1, keepdim=True)
                targets[0].copy_((change * deviation[..., None]).flatten(-2))

    def _segment(self, operation: Segment) -> None:
        known = {position: self.rows(slot).clone() for position, slot in operation.sources.items()}
        for target in operation.stores:
            result = self._evaluate(target.value, known)
            rows = self.rows(target.slot)
            if target.slot.place == Place.PARTIAL:
                rows += result.expand(self._count, -1).sum(0)
            else:
                rows.copy_(result.expand_as(rows))

    def _evaluate(self, position: int, known: dict[int, Tensor]) -> Tensor:
        if position not in known:
            value = self.arena.values[position]
            match value:
                case Number():
                    known[position] = self.workspace.like.new_full((1,), value.value)
                case Apply():
                    operands = [self._evaluate(k, known) for k in value.operands]
                    known[position] = FUNCTIONS[value.operation](*operands)
                case _:
                    raise AssertionError(f"{value} is not pointwise")
        return known[position]


class _ScanStep(_Step):
    """One step of a scan."""

    def __init__(self, arena: Arena, workspace: RowsByTime, t: int) -> None:
        super().__init__(arena, workspace, {}, None, t)
        self.carried = workspace.carried

    def rows(self, slot: Slot) -> Tensor:
        tensor = self.workspace.tensors.get(slot.name)
        match slot.place:
            case Place.GIVEN | Place.HANDED:
                return self.carried[slot.name][:, : slot.width]
            case Place.TOKEN | Place.PREVIOUS:
                assert tensor is not None
                t = self.t + self.workspace.first_row(slot) - (slot.place == Place.PREVIOUS)
                return tensor[:, t, : slot.width]
            case _:
                assert tensor is not None
                return tensor[0:1, : slot.width]
