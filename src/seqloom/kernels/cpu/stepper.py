"""One step of a cell, with next to nothing around it: weights packed once, operands found by their addresses.

Packed weights hold only while every parameter is the same tensor, at the same place and of the same version, and no
optimiser has made a step. Writes through ``.data`` leave no trace in the version: after them, ask for a new stepper.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Mapping, Sequence
from operator import is_

import torch
from torch import Tensor

from seqloom.cells.graph import Graph
from seqloom.kernels.call import States
from seqloom.kernels.cpu.engine import CPUEngine
from seqloom.kernels.cpu.job import Job, run_once
from seqloom.kernels.cpu.table import Table
from seqloom.kernels.plan import Place, Slot, plan
from seqloom.kernels.recurrence.packing import uniform_steps
from seqloom.kernels.recurrence.projection import projection, stream_layout
from seqloom.kernels.recurrence.shared import with_shared
from seqloom.kernels.recurrence.workspace import Workspace
from seqloom.kernels.stamps import stamps

__all__ = ["Stepper"]

ADDRESS, WORD = Tensor.data_ptr, ctypes.c_int64


class Stepper:
    """``y, new = stepper(x (B, D), states (B, H))`` for one graph, one set of parameters and one batch size.

    ``new`` is a tuple of the type of ``states``, and tensors handed back in the next step are known by their identity.

    ``parameters`` gives the graph's parameters by name; they are functions of ``sources()``, whose place and version
    are watched. No gradients; masks have their mean. Not for two threads at once.
    """

    def __init__(
        self,
        engine: CPUEngine,
        graph: Graph,
        sources: Callable[[], Sequence[Tensor]],
        parameters: Callable[[], Mapping[str, Tensor]],
        batch: int,
    ) -> None:
        self._sources = sources
        self._held = [tensor.detach() for tensor in sources()]  # so that no other takes their place in memory
        self._stamps = stamps(sources())
        self._plan = plan(graph, False)
        like = self._held[0]
        self._dtype = like.dtype
        self._last: tuple[Tensor | None, ...] = (None,) * len(graph.states)
        widths = (graph.in_features, *(state.width for state in graph.states))
        self._shapes = tuple(torch.Size((batch, width)) for width in widths)
        self._workspace = Workspace(uniform_steps(batch, 1), engine.unit_of(like), like)
        with torch.no_grad():
            self._prepare(engine, with_shared(self._plan, parameters()))

    def _prepare(self, engine: CPUEngine, parameters: Mapping[str, Tensor]) -> None:
        cell_plan, workspace, program = self._plan, self._workspace, self._plan.inference
        table, packing = engine.table(workspace.like), engine.table(workspace.like)
        self._x = self._place_x(table)
        self._kept = [k for k, slot in enumerate(cell_plan.states) if slot.width % workspace.unit]
        for k, slot in enumerate(cell_plan.states):
            if k in self._kept:
                workspace.add_state(slot, workspace.like.new_zeros(()))
            else:
                table.let_live(slot.name, Place.PREVIOUS, slot.width)
        for k, slot in enumerate(cell_plan.states):
            if k not in self._kept:
                table.let_live(slot.name, Place.TOKEN, slot.width)
        layout = stream_layout(cell_plan, workspace.unit)
        if layout.width:
            out = workspace.add_side_by_side(layout)
            x = table.slot(Slot("x", cell_plan.graph.in_features, Place.TOKEN), workspace)
            table.add_projection(x, projection(cell_plan, parameters, layout), out, packing)
        live = {name for name, _ in table.live}
        slots = [slot for name, slot in program.slots.items() if name not in live]
        workspace.add_inputs(slots, parameters)
        workspace.add_missing(slots, 1)
        table.add_program(program, workspace, parameters, None, packing)
        run_once(packing)
        names = [slot.name for slot in cell_plan.states]
        self._result = names.index(cell_plan.outputs[0].name) if cell_plan.outputs[0].name in names else None
        self._job = Job(table, workspace.steps)
        self._direct = not self._x and not self._kept and self._job.threads == 1
        self._live = self._job.live.data
        self._run = ctypes.CFUNCTYPE(None, WORD, WORD, WORD)(table.functions["run"])
        # ctypes takes arguments of the right type as they are; numbers it would convert at every call.
        self._arguments = WORD(self._job.words.ctypes.data), WORD(0), WORD(1)
        self._pack = struct.Struct(f"{table.live_count}q").pack_into

    def _place_x(self, table: Table) -> list[tuple[Tensor, slice]]:
        """Read x and its parts where they lie, or, where padding asks for it, in copies of these columns."""
        x, read = Slot("x", self._plan.graph.in_features, Place.TOKEN), self._plan.of_x
        if any(slot.width % self._workspace.unit for slot in read):
            copies = {x: slice(None), **read}
            self._workspace.add_missing(copies, 1)
            return [(self._workspace.tokens(slot), columns) for slot, columns in copies.items()]
        table.let_live("x", Place.TOKEN, x.width, {slot.name: columns.start or 0 for slot, columns in read.items()})
        return []

    def __call__(self, x: Tensor, states: States) -> tuple[Tensor, States] | None:
        """y and the new states; None where x or the states are not what this stepper takes, or its weights are old."""
        if (
            x.shape != self._shapes[0]
            or x.dtype is not self._dtype
            or not x.is_cpu
            or not x.is_contiguous()
            or not (states is self._last or all(map(is_, states, self._last)) or self._fit(states))
            or self._stamps != stamps(self._sources())
        ):
            return None
        new: States = tuple.__new__(
            type(states), map(torch.empty_like, states)
        )  # past a named tuple's slow constructor
        self._last = new
        if self._direct:
            self._pack(self._live, 0, *map(ADDRESS, (x, *states, *new)))
            self._run(*self._arguments)
        else:
            self._run_on_copies(x, states, new)
        if self._result is None:
            return self._workspace.tokens(self._plan.outputs[0]).clone(), new
        return new[self._result], new

    def _fit(self, states: States) -> bool:
        """Whether states that did not come from the step before are such as this stepper takes."""
        return len(states) == len(self._shapes) - 1 and all(
            state.shape == shape and state.dtype is self._dtype and state.is_cpu and state.is_contiguous()
            for state, shape in zip(states, self._shapes[1:], strict=True)
        )

    def _run_on_copies(self, x: Tensor, states: States, new: States) -> None:
        """For vectors that the kernel cannot read where they lie, because their last lanes are not theirs."""
        workspace, slots = self._workspace, self._plan.states
        for copy, columns in self._x:
            copy.copy_(x[:, columns])
        for k in self._kept:
            workspace.initial(slots[k]).copy_(states[k])
        live = [] if self._x else [x]
        live += [leaf for leaves in (states, new) for k, leaf in enumerate(leaves) if k not in self._kept]
        self._pack(self._live, 0, *map(ADDRESS, live))
        self._job.run()
        for k in self._kept:
            new[k].copy_(workspace.tokens(slots[k]))
