"""What a recurrence can show: the quantities that its equations name, and its states."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from seqloom.inspection.traced.implicit import implicit_attention
from seqloom.inspection.traced.offers import Group, Offer
from seqloom.inspection.traced.recorder import Recurrence
from seqloom.kernels.reference import evaluate
from seqloom.kernels.step_loop import StepLoop

__all__ = ["Evaluated", "offers_of_recurrence"]


TOKENS = 512
"""Steps of all rows that are evaluated at once: few enough for what lies between to stay in the cache."""


class Evaluated:
    """A cell's graph over all steps and rows, where each step reads the states that the kernel left before it.

    What the kernel did not show is computed anew; what is ``wanted`` of it together, as soon as one is asked for.
    """

    def __init__(self, ran: Recurrence) -> None:
        self.call = ran.call
        self.states = tuple(ran.found[k] for k in ran.call.graph.new_states)
        self.batch, self.time = self.call.x.shape[:2]
        self.wanted: set[int] = set()
        self._found = dict(ran.found)

    def node(self, position: int) -> Tensor:
        """The node at ``position`` of the graph, (B, T, H)."""
        if position not in self._found:
            self._found |= self._evaluated((self.wanted | {position}) - self._found.keys())
        return self._found[position]

    def _evaluated(self, positions: set[int]) -> dict[int, Tensor]:
        call, graph = self.call, self.call.graph
        widths = {k: graph.nodes[k].width for k in positions}
        found = {k: call.x.new_empty(self.batch, self.time, width) for k, width in widths.items()}
        equations = StepLoop(graph, call.parameters)
        steps = max(1, TOKENS // max(1, self.batch))
        for begin in range(0, self.time, steps):
            piece = slice(begin, min(begin + steps, self.time))
            x, *states = (each[:, piece].flatten(0, 1) for each in (call.x, *self.states))
            known = equations.rows(x, self._before(piece)) | dict(zip(graph.new_states, states, strict=True))
            for position, whole in found.items():
                value = evaluate(graph, call.parameters, position, known)
                whole[:, piece] = value.expand(len(x), -1).reshape(self.batch, -1, widths[position])
        return found

    def _before(self, piece: slice) -> tuple[Tensor, ...]:
        """The states before the steps of a piece, (B · steps, H)."""
        if piece.start:
            return tuple(state[:, piece.start - 1 : piece.stop - 1].flatten(0, 1) for state in self.states)
        pairs = zip(self.call.states, self.states, strict=True)
        joined = (torch.cat([first[:, None], state[:, : piece.stop - 1]], 1) for first, state in pairs)
        return tuple(state.flatten(0, 1) for state in joined)


def offers_of_recurrence(ran: Recurrence, unit: int | None) -> Iterator[Offer]:
    """Gates, candidates and states, as the kernel left them where it shows them, and what else the equations name."""
    graph, evaluated = ran.call.graph, Evaluated(ran)
    for name, position in graph.quantities.items():
        is_state = position in graph.new_states
        yield Offer(
            name,
            Group.STATES if is_state else Group.GATES,
            (evaluated.batch, evaluated.time, graph.nodes[position].width),
            ran.call.x.dtype,
            partial(evaluated.node, position),
            ahead=partial(evaluated.wanted.add, position),
            fresh=not is_state and position != graph.output,
        )
    yield from implicit_attention(evaluated, unit)
