"""What a recurrence can show: the quantities that its equations name, and its states."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from seqloom.inspection.traced.implicit import implicit_attention
from seqloom.inspection.traced.offers import Group, Offer
from seqloom.inspection.traced.recorder import Recurrence
from seqloom.kernels.reference import evaluate, given

__all__ = ["Evaluated", "offers_of_recurrence"]


class Evaluated:
    """A cell's graph over all steps and rows at once, a batch of B · T, where each step reads the states before it."""

    def __init__(self, ran: Recurrence) -> None:
        self.call, self.states = ran
        self.batch, self.time = self.call.x.shape[:2]
        self._known: dict[int, Tensor] = {}

    def node(self, position: int) -> Tensor:
        """The node at ``position`` of the graph, (B, T, H)."""
        graph = self.call.graph
        if not self._known:
            first = (state[:, None] for state in self.call.states)
            before = (torch.cat([a, b[:, :-1]], 1).flatten(0, 1) for a, b in zip(first, self.states, strict=True))
            self._known = given(graph, self.call.x.flatten(0, 1), tuple(before), None)
        value = evaluate(graph, self.call.parameters, position, self._known)
        rows = value.expand(self.batch * self.time, -1)
        return rows.view(self.batch, self.time, rows.shape[1])


def offers_of_recurrence(ran: Recurrence, unit: int | None) -> Iterator[Offer]:
    """Gates and candidates by one evaluation of the equations, states as the kernel left them."""
    call, states = ran
    evaluated = Evaluated(ran)
    of_kernel = dict(zip(call.graph.new_states, states, strict=True))
    for name, position in call.graph.quantities.items():
        shape = (evaluated.batch, evaluated.time, call.graph.nodes[position].width)
        if position in of_kernel:
            state = of_kernel[position]
            yield Offer(name, Group.STATES, shape, state.dtype, partial(_the, state))
        else:
            yield Offer(name, Group.GATES, shape, call.x.dtype, partial(evaluated.node, position))
    yield from implicit_attention(evaluated, unit)


def _the(state: Tensor) -> Tensor:
    return state
