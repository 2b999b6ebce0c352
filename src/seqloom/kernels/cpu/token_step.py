"""One step of a whole token model, as one table: a token's row, the layers, the head."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from seqloom.kernels.call import States
from seqloom.kernels.cpu.engine import CPUEngine
from seqloom.kernels.cpu.job import Job, run_once
from seqloom.kernels.cpu.table import Table
from seqloom.kernels.network import Layer, Network
from seqloom.kernels.plan import Place, Plan, Slot, plan
from seqloom.kernels.recurrence.packing import Steps, uniform_steps
from seqloom.kernels.recurrence.projection import Projection, projection, stream_layout
from seqloom.kernels.recurrence.shared import with_shared
from seqloom.kernels.recurrence.workspace import Workspace, padded

__all__ = ["STEPS", "TokenStep", "turns"]

STEPS = 1024
FEW_TOKENS = 1024
"""Up to this many tokens, what the first layer makes of each is computed once, and then looked up."""


class TokenStep:
    """``logits (B, V), states = step(tokens (B,), states)`` for one batch size; no gradients, masks have their mean.

    ``states`` has one tuple of tensors (B, H) for each layer. The weights are those at the time of the construction.
    Steps take two halves of the states' memory in turn: even steps write the first and read the second.
    """

    def __init__(self, engine: CPUEngine, network: Network, batch: int) -> None:
        self.engine, self.batch = engine, batch
        self.like = like = network.weight.detach()
        self.unit = engine.unit_of(like)
        self.tokens = torch.zeros(STEPS, batch, dtype=torch.int64)
        self.vocabulary = len(network.weight)
        self.scores = like.new_zeros(batch, padded(self.vocabulary, self.unit))
        self.table = engine.table(like)
        self._parts: list[tuple[Plan, Workspace]] = []
        with torch.no_grad():
            self._build(network)
        halves = [[workspace.tokens(s).split(batch) for s in cell_plan.states] for cell_plan, workspace in self._parts]
        self._after = [[after for after, _ in layer] for layer in halves]
        self._before = [[before for _, before in layer] for layer in halves]
        self._job = Job(self.table, turns(batch, 1))

    def _build(self, network: Network) -> None:
        packing = self.engine.table(self.like)
        below: Tensor | None = None
        for layer in network.layers:
            cell_plan = plan(layer.graph, False)
            workspace = Workspace(uniform_steps(self.batch, 2), self.unit, self.like)
            self._parts.append((cell_plan, workspace))
            self._add_streams(cell_plan, workspace, layer, network.embedding if below is None else below, packing)
            below = self._add_program(cell_plan, workspace, layer, packing)
        bias = self.like.new_zeros(1, self.scores.shape[1])
        bias[0, : self.vocabulary] = network.bias
        head = Projection((network.weight,), (0,), bias)
        assert below is not None
        self.table.add_projection(self.table.rows(below, Place.TOKEN), head, self.scores, packing, Place.ROW, True)
        run_once(packing)

    def _add_streams(self, cell_plan: Plan, workspace: Workspace, layer: Layer, source: Tensor, packing: Table) -> None:
        """What a layer makes of its input: the rows ``source`` of the layer below or, at first, of the embedding."""
        x = Slot("x", layer.graph.in_features, Place.TOKEN)
        layout = stream_layout(cell_plan, self.unit)
        streams = workspace.add_side_by_side(layout) if layout.width else None
        projected = projection(cell_plan, layer.parameters, layout) if layout.width else None
        looked_up = len(self._parts) == 1 and len(source) <= FEW_TOKENS
        if len(self._parts) > 1:
            workspace.tensors["x"] = source
        elif cell_plan.of_x or not looked_up:
            workspace.add_missing([x], 1)
            self.table.add_gather(self.tokens, self._padded(source), workspace.tensors["x"])
        if streams is None or projected is None:
            return
        if looked_up:
            rows = workspace.empty(len(source), layout.width)
            self.engine.project(source.detach(), projected, rows)
            self.table.add_gather(self.tokens, rows, streams)
        else:
            self.table.add_projection(self.table.slot(x, workspace), projected, streams, packing, meets=True)

    def _padded(self, rows: Tensor) -> Tensor:
        width = padded(rows.shape[1], self.unit)
        return torch.nn.functional.pad(rows.detach(), (0, width - rows.shape[1])).contiguous()

    def _add_program(self, cell_plan: Plan, workspace: Workspace, layer: Layer, packing: Table) -> Tensor:
        """The layer's step; the rows of its output."""
        for slot in cell_plan.states:
            workspace.add_state(slot, self.like.new_zeros(()))
        parameters = with_shared(cell_plan, layer.parameters)
        slots = list(cell_plan.inference.slots.values())
        workspace.add_inputs(slots, parameters)
        workspace.add_missing(slots, 1)
        self.table.add_program(cell_plan.inference, workspace, parameters, None, packing)
        output = cell_plan.outputs[0]
        return workspace.tensors[output.name][workspace.first_row(output) :]

    def __call__(self, tokens: Tensor, states: tuple[States, ...]) -> tuple[Tensor, tuple[States, ...]]:
        self.tokens[0] = tokens
        self.take(states)
        self._job.run()
        return self.scores[:, : self.vocabulary].clone(), _copies(self._after)

    def take(self, states: tuple[States, ...]) -> None:
        """Put the states where step 0 reads them."""
        for before, given in zip(self._before, states, strict=True):
            for rows, value in zip(before, given, strict=True):
                rows.copy_(value)

    def states(self) -> tuple[States, ...]:
        """The states after an even number of steps."""
        return _copies(self._before)


def _copies(layers: Sequence[Sequence[Tensor]]) -> tuple[States, ...]:
    return tuple(tuple(map(torch.clone, layer)) for layer in layers)


def turns(batch: int, steps: int) -> Steps:
    """Steps that take two halves of the memory in turn; step 0 reads the second half."""
    return Steps(np.full(steps, batch), np.arange(steps) % 2 * batch, batch, batch)
