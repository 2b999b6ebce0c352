"""The two passes of a planned recurrence, as functions of tensors.

The forward pass gives what the backward pass needs besides its own inputs as a list of plain tensors; nothing lives
elsewhere, so whoever stores these tensors (autograd, a checkpoint, an operator) stores all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.kernels.call import Randomness, States
from seqloom.kernels.large_results import fresh
from seqloom.kernels.plan import Place, Plan, Program, Slot
from seqloom.kernels.recurrence.by_rows import RowsByTime
from seqloom.kernels.recurrence.engine import Engine
from seqloom.kernels.recurrence.kept import give_back, is_kept, take
from seqloom.kernels.recurrence.matrices import matrix_gradients
from seqloom.kernels.recurrence.packing import PACKING_TENSORS, Packing, Steps, pack, packing_of
from seqloom.kernels.recurrence.projection import projection, stream_layout
from seqloom.kernels.recurrence.workspace import Layout, Workspace

__all__ = ["Inputs", "Recurrence", "Results", "backward", "forward"]


class Inputs(NamedTuple):
    """x (B, T, D), states (B, H), parameters in the order of their names, lengths (B,) or None."""

    x: Tensor
    states: States
    parameters: tuple[Tensor, ...]
    lengths: Tensor | None
    randomness: Randomness | None


class Results(NamedTuple):
    """What is wanted (B, T, H) each, the final states (B, H), and what the backward pass needs.

    No two of them share memory, nor does any with an input.
    """

    outputs: tuple[Tensor, ...]
    final: States
    kept: tuple[Tensor, ...]


@dataclass(frozen=True)
class Recurrence:
    """All of a planned recurrence but its tensors: the plan, the parameters' names, and the engine that runs it."""

    plan: Plan
    names: tuple[str, ...]
    engine: Engine

    def in_order(self, packing: Packing) -> Packing:
        """``packing`` with its tokens step by step, or row by row where rows run by themselves."""
        return packing.by_rows() if self.scans(packing.steps) else packing

    def scans(self, steps: Steps) -> bool:
        """Whether rows run by themselves."""
        return self.plan.is_diagonal and not steps.is_ragged

    def workspace(self, steps: Steps, like: Tensor) -> Workspace:
        """Memory for a pass."""
        unit = self.engine.unit_of(like)
        if self.scans(steps):
            return RowsByTime(steps.batch, len(steps.counts), unit, like)
        return Workspace(steps, unit, like)


def forward(recurrence: Recurrence, inputs: Inputs, training: bool) -> Results:
    """The recurrence over whole sequences; without ``training`` nothing is kept."""
    plan, x = recurrence.plan, inputs.x
    packing = recurrence.in_order(pack(x, inputs.lengths))
    if not packing.steps.tokens:
        zeros = tuple(x.new_zeros(*x.shape[:2], slot.width) for slot in plan.outputs)
        return Results(zeros, tuple(state.clone() for state in inputs.states), packing.tensors())
    run = _Pass(recurrence, inputs, packing)
    workspace, program = run.workspace, plan.training if training else plan.inference
    streams = run.project()
    for slot, state in zip(plan.states, inputs.states, strict=True):
        workspace.add_state(slot, packing.sort(state))
    run.all_steps(program, run.parameters, backwards=False)
    kept = (*packing.tensors(), *take(plan, workspace, streams)) if training else ()
    tokens = [
        workspace.tokens(slot) if packing.scatters else workspace.owned(slot, training and is_kept(plan, slot))
        for slot in plan.outputs
    ]
    outputs = tuple(packing.scatter(each).detach() for each in tokens)  # no views, so that they may be changed in place
    return Results(outputs, tuple(packing.unsort(workspace.final(slot)) for slot in plan.states), kept)


def backward(
    recurrence: Recurrence,
    inputs: Inputs,
    kept: Sequence[Tensor],
    arriving: Sequence[Tensor | None],
    needs_x: bool = True,
) -> list[Tensor | None]:
    """The gradients of x, of the states and of the parameters, in this order; None where there is none.

    ``arriving`` are the gradients of the outputs and of the final states, None where nothing depends on them.
    """
    plan, x, states = recurrence.plan, inputs.x, inputs.states
    count = PACKING_TENSORS if inputs.lengths is not None else 0
    packing = recurrence.in_order(packing_of(kept[:count], *x.shape[:2]))
    of_outputs, of_final = arriving[: len(plan.outputs)], arriving[len(plan.outputs) :]
    if not packing.steps.tokens:
        pairs = zip(states, of_final, strict=True)
        handed_on = [torch.zeros_like(state) if gradient is None else gradient.clone() for state, gradient in pairs]
        return [torch.zeros_like(x), *handed_on, *map(torch.zeros_like, inputs.parameters)]
    run = _Pass(recurrence, inputs, packing)
    give_back(plan, run.workspace, kept[count:])
    run.all_steps_back(of_outputs, of_final)
    of_parameters = run.gradients_of_parameters()
    of_states = [packing.unsort(run.workspace.handed(slot)) for slot in run.handed]
    of_x = packing.scatter(run.gradient_of_x()) if needs_x else None
    return [of_x, *of_states, *(of_parameters.get(name) for name in recurrence.names)]


ENOUGH_ROWS = 16
"""From so many rows on, x is read where it lies, step by step; fewer make no whole tiles, and are copied together."""


@lru_cache(maxsize=256)
def gradient_layout(plan: Plan, unit: int) -> Layout:
    """The gradients of all maps side by side, those of the streams first and in their order."""
    slots = {f"gradient.{stream.name}": stream.width for stream in plan.streams}
    slots |= {outer.gradient.name: outer.gradient.width for outer in plan.outers}
    return Layout((Slot(name, width, Place.TOKEN) for name, width in slots.items()), unit)


class _Pass:
    """One pass over packed tokens."""

    def __init__(self, recurrence: Recurrence, inputs: Inputs, packing: Packing) -> None:
        self.plan, self.engine = recurrence.plan, recurrence.engine
        self.packing = packing
        self.whole_x = inputs.x
        self.parameters = dict(zip(recurrence.names, inputs.parameters, strict=True))
        self.randomness = inputs.randomness and Randomness(*map(packing.sort, inputs.randomness))
        self.workspace = recurrence.workspace(packing.steps, inputs.x)
        self.streams = stream_layout(self.plan, self.workspace.unit)
        self.gradients = gradient_layout(self.plan, self.workspace.unit)

    def x(self) -> Tensor:
        """The packed tokens (N, D): made where they are needed, for they may be a copy."""
        return self.packing.gather_anew(self.whole_x)

    def project(self) -> Tensor | None:
        """Every stream, for all tokens, by one product."""
        if not self.streams.width:
            return None
        out = self.workspace.add_side_by_side(self.streams)
        maps = projection(self.plan, self.parameters, self.streams)
        if self.packing.is_by_steps and len(self.whole_x) >= ENOUGH_ROWS:
            batch, time, _ = self.whole_x.shape
            self.engine.project(self.whole_x, maps, out.view(time, batch, -1).transpose(0, 1))
        else:
            self.engine.project(self.x(), maps, out)
        return out

    def all_steps(self, program: Program, values: Mapping[str, Tensor], backwards: bool) -> None:
        """All steps of ``program``, which reads ``values`` by their names."""
        workspace, slots = self.workspace, program.slots.values()
        of_x = self.plan.of_x
        x = self.x() if of_x else self.whole_x
        workspace.add_inputs(slots, {**values, **{slot.name: x[:, columns] for slot, columns in of_x.items()}})
        workspace.add_missing(slots, self.engine.parts())
        if isinstance(workspace, RowsByTime):
            self.engine.scan(program, workspace, backwards)
        else:
            self.engine.loop(program, workspace, self.parameters, self.randomness, backwards)

    @property
    def handed(self) -> list[Slot]:
        """What a step hands back to the one before it: the gradients of the states."""
        return [Slot(f"gradient.{state.name}", state.width, Place.HANDED) for state in self.plan.graph.states]

    def all_steps_back(self, of_outputs: Sequence[Tensor | None], of_final: Sequence[Tensor | None]) -> None:
        """From the last step to the first, after which the workspace holds every gradient but the matrices'."""
        workspace, zero = self.workspace, self.whole_x.new_zeros(())
        workspace.add_side_by_side(self.gradients)
        workspace.add_inputs((outer.operand for outer in self.plan.outers), self.parameters)
        for slot, gradient in zip(self.handed, of_final, strict=True):
            workspace.add_handed(slot, zero if gradient is None else self.packing.sort(gradient))
        gradients = {
            f"output_{k}.gradient": zero.expand(workspace.steps.tokens, slot.width)
            if gradient is None
            else self.packing.gather_anew(gradient)
            for k, (slot, gradient) in enumerate(zip(self.plan.outputs, of_outputs, strict=True))
        }
        self.all_steps(self.plan.backward, {**self.parameters, **gradients}, backwards=True)
        for name in gradients:
            workspace.tensors.pop(name, None)

    def gradients_of_parameters(self) -> dict[str, Tensor]:
        """By name, after all steps back."""
        found: dict[str, Tensor] = {}
        for name, rows in self.workspace.tensors.items():
            if name.startswith("sum."):
                owner = name.removeprefix("sum.")
                found[owner] = rows.sum(0)[: self.parameters[owner].shape[0]]
        return found | matrix_gradients(self.plan, self.engine, self.workspace, self.gradients, self.x())

    def gradient_of_x(self) -> Tensor:
        """(N, D), after all steps back."""
        plan, workspace = self.plan, self.workspace
        result = fresh(workspace.steps.tokens, self.whole_x.shape[-1], like=self.whole_x)
        if self.streams.width:
            gradient = workspace.matrix(f"gradient.{stream.name}" for stream in plan.streams)
            self.engine.project_back(gradient, projection(plan, self.parameters, self.streams), result)
        else:
            result.zero_()
        for slot, columns in plan.of_x.items():
            direct = workspace.tensors.get(f"{slot.name}.gradient")
            if direct is not None:
                result[:, columns] += direct.reshape(len(result), -1)[:, : slot.width]
        return result
