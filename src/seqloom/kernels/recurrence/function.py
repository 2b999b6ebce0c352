"""A planned recurrence as one operation of autograd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from seqloom.kernels.call import Randomness, States
from seqloom.kernels.memory import fresh
from seqloom.kernels.plan import Place, Plan, Program, Slot
from seqloom.kernels.recurrence.by_rows import RowsByTime
from seqloom.kernels.recurrence.engine import Engine
from seqloom.kernels.recurrence.matrices import matrix_gradients
from seqloom.kernels.recurrence.packing import Steps
from seqloom.kernels.recurrence.projection import projection, stream_layout
from seqloom.kernels.recurrence.workspace import Layout, Workspace
from seqloom.kernels.reference import values

__all__ = ["Job", "run_job"]


@dataclass(frozen=True)
class Job:
    """What is run: the plan and the parameters' names, on which engine, for which steps."""

    plan: Plan
    engine: Engine
    steps: Steps
    randomness: Randomness | None
    names: tuple[str, ...]

    @property
    def scans(self) -> bool:
        """Whether rows run by themselves; then tokens lie row by row, else step by step."""
        return self.plan.is_diagonal and not self.steps.is_ragged

    def workspace(self, like: Tensor) -> Workspace:
        """Memory for a run."""
        unit = self.engine.unit_of(like)
        if self.scans:
            return RowsByTime(self.steps.batch, len(self.steps.counts), unit, like)
        return Workspace(self.steps, unit, like)

    def run(self, program: Program, workspace: Workspace, parameters: Mapping[str, Tensor], backwards: bool) -> None:
        """All steps of ``program``."""
        if isinstance(workspace, RowsByTime):
            self.engine.scan(program, workspace, backwards)
        else:
            self.engine.loop(program, workspace, parameters, self.randomness, backwards)

    def gradient_layout(self, like: Tensor) -> Layout:
        """The gradients of all maps side by side, those of the streams first and in their order."""
        slots = {f"gradient.{stream.name}": stream.width for stream in self.plan.streams}
        slots |= {outer.gradient.name: outer.gradient.width for outer in self.plan.outers}
        return Layout((Slot(name, width, Place.TOKEN) for name, width in slots.items()), self.engine.unit_of(like))


def run_job(job: Job, x: Tensor, states: States, parameters: Mapping[str, Tensor]) -> tuple[tuple[Tensor, ...], States]:
    """Tokens x (N, D), states (B, H), sorted by length → what is wanted, (N, H) each, and the final states."""
    tensors = (x, *states, *(parameters[name] for name in job.names))
    if not torch.is_grad_enabled():  # the operation itself sees only what each tensor asks for
        tensors = tuple(tensor.detach() for tensor in tensors)
    results = _Recurrence.apply(job, *tensors)  # type: ignore[no-untyped-call]
    return results[: len(job.plan.wanted)], results[len(job.plan.wanted) :]


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, job: Job, x: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        plan, count = job.plan, len(job.plan.states)
        states, parameters = tensors[:count], dict(zip(job.names, tensors[count:], strict=True))
        training = any(ctx.needs_input_grad)
        program = plan.training if training else plan.inference
        workspace = job.workspace(x)
        _project(job, workspace, x, parameters)
        for slot, state in zip(plan.states, states, strict=True):
            workspace.add_state(slot, state)
        parts = {slot.name: x[:, columns] for slot, columns in plan.of_x.items()}
        workspace.add_inputs(program.slots.values(), {**parameters, **parts})
        workspace.add_missing(program.slots.values(), job.engine.parts())
        job.run(program, workspace, parameters, backwards=False)
        final = [workspace.final(slot) for slot in plan.states]
        wanted = [workspace.tokens(slot) for slot in plan.outputs]
        if training:
            ctx.job, ctx.kept = job, workspace.tensors
            ctx.save_for_backward(x, *tensors, *wanted)
        return (*wanted, *final)

    @staticmethod
    def backward(ctx: Any, *arriving: Tensor | None) -> tuple[Tensor | None, ...]:
        job: Job = ctx.job
        x, *tensors = ctx.saved_tensors[: -len(job.plan.wanted)]
        if torch.is_grad_enabled():
            return (None, *_differentiable(job, x, tensors, arriving, ctx.needs_input_grad[1:]))
        count = len(job.plan.states)
        parameters = dict(zip(job.names, tensors[count:], strict=True))
        workspace = job.workspace(x)
        workspace.tensors |= ctx.kept
        _run_backwards(job, workspace, x, parameters, arriving)
        return (None, *_gradients(job, workspace, x, parameters, ctx.needs_input_grad[1:]))


def _project(job: Job, workspace: Workspace, x: Tensor, parameters: Mapping[str, Tensor]) -> None:
    """Every stream, for all tokens, by one product."""
    layout = stream_layout(job.plan, workspace.unit)
    if layout.width:
        out = workspace.add_side_by_side(layout)
        job.engine.project(x, projection(job.plan, parameters, layout), out)


def _run_backwards(
    job: Job, workspace: Workspace, x: Tensor, parameters: Mapping[str, Tensor], arriving: Sequence[Tensor | None]
) -> None:
    """The loop from the last step to the first, after which the workspace holds every gradient but the matrices'."""
    plan, slots = job.plan, job.plan.backward.slots.values()
    workspace.add_side_by_side(job.gradient_layout(x))
    zero = x.new_zeros(())
    count = len(job.plan.wanted)
    for state, gradient in zip(plan.graph.states, arriving[count:], strict=True):
        slot = Slot(f"gradient.{state.name}", state.width, Place.HANDED)
        workspace.add_handed(slot, zero if gradient is None else gradient)
    gradients = {
        f"output_{k}.gradient": zero.expand(job.steps.tokens, slot.width) if gradient is None else gradient
        for k, (slot, gradient) in enumerate(zip(plan.outputs, arriving[:count], strict=True))
    }
    workspace.add_inputs(slots, {**parameters, **gradients})
    workspace.add_missing(slots, job.engine.parts())
    job.run(plan.backward, workspace, parameters, backwards=True)


def _gradients(
    job: Job, workspace: Workspace, x: Tensor, parameters: Mapping[str, Tensor], needed: Sequence[bool]
) -> list[Tensor | None]:
    """The gradients of x, of the initial states and of the parameters, in this order, after the loop."""
    plan, engine, states = job.plan, job.engine, job.plan.graph.states
    found: dict[str, Tensor] = {}
    for name, rows in workspace.tensors.items():
        if name.startswith("sum."):
            owner = name.removeprefix("sum.")
            found[owner] = rows.sum(0)[: parameters[owner].shape[0]]
    found |= matrix_gradients(plan, engine, workspace, job.gradient_layout(x), x)
    handed = [Slot(f"gradient.{state.name}", state.width, Place.HANDED) for state in states]
    of_states = [workspace.handed(slot) for slot in handed]
    of_x = _gradient_of_x(job, workspace, x, parameters) if needed[0] else None
    return [of_x, *of_states, *(found.get(name) for name in job.names)]


def _gradient_of_x(job: Job, workspace: Workspace, x: Tensor, parameters: Mapping[str, Tensor]) -> Tensor:
    result = fresh(*x.shape, like=x)
    layout = stream_layout(job.plan, workspace.unit)
    if layout.width:
        gradient = workspace.matrix(f"gradient.{stream.name}" for stream in job.plan.streams)
        job.engine.project_back(gradient, projection(job.plan, parameters, layout), result)
    else:
        result.zero_()
    for slot, columns in job.plan.of_x.items():
        direct = workspace.tensors.get(f"{slot.name}.gradient")
        if direct is not None:
            result[:, columns] += direct.reshape(len(x), -1)[:, : slot.width]
    return result


def _differentiable(
    job: Job, x: Tensor, tensors: Sequence[Tensor], arriving: Sequence[Tensor | None], needed: Sequence[bool]
) -> tuple[Tensor | None, ...]:
    """The gradients as functions that can be differentiated again, through the reference."""
    count = len(job.plan.states)
    results = _reference(job, x, tuple(tensors[:count]), dict(zip(job.names, tensors[count:], strict=True)))
    pairs = [(result, gradient) for result, gradient in zip(results, arriving, strict=True) if gradient is not None]
    inputs = [tensor for tensor, wanted in zip((x, *tensors), needed, strict=True) if wanted]
    found = iter(
        torch.autograd.grad(
            [result for result, _ in pairs],
            inputs,
            [gradient for _, gradient in pairs],
            create_graph=True,
            allow_unused=True,
        )
    )
    return tuple(next(found) if wanted else None for wanted in needed)


def _reference(job: Job, x: Tensor, states: States, parameters: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
    """The equations over packed tokens, with ordinary torch operations."""
    graph, batch = job.plan.graph, job.steps.batch
    wanted: list[list[Tensor]] = [[] for _ in job.plan.wanted]
    by_step = x.view(batch, -1, x.shape[1]).unbind(1) if job.scans else x.split(job.steps.counts.tolist())
    for t, x_t in enumerate(by_step):
        count, now = len(x_t), None
        if job.randomness is not None:
            now = Randomness(job.randomness.seed[:count], job.randomness.time[:count] + t)
        found = values(graph, parameters, x_t, tuple(state[:count] for state in states), now)
        for position, sequence in zip(job.plan.wanted, wanted, strict=True):
            sequence.append(found[position].expand(count, -1))
        new = [found[k].expand(count, -1) for k in graph.new_states]
        states = tuple(torch.cat([a, b[count:]]) for a, b in zip(new, states, strict=True))
    join = partial(torch.stack, dim=1) if job.scans else torch.cat
    return *map(join, wanted), *states
