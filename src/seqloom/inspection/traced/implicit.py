"""The attention that a linear recurrence implies: how much of each earlier step is in what it holds now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor, einsum

from seqloom.cells.graph import Graph, Pointwise, State
from seqloom.errors import UsageError
from seqloom.inspection.traced.offers import Group, Offer

if TYPE_CHECKING:
    from seqloom.inspection.traced.recurrences import Evaluated

__all__ = ["implicit_attention"]

WRITTEN = "candidate"
"""What a cell writes, by the name of the quantity."""


def implicit_attention(ran: Evaluated, unit: int | None) -> Iterator[Offer]:
    """One map (B, T, T), where each unit is a linear recurrence by itself: h' = a h + w n, a and w functions of x.

    Then h_i = Σ_{j≤i} A_ij n_j besides what is left of the first state, with A_ij = a_i … a_{j+1} w_j and n the cell's
    candidate; a cell without one adds b_j, and A_ij = a_i … a_{j+1}. With several states (the real and the imaginary
    part of an LRU's) a is a matrix. Each unit has a map: that of ``unit`` is signed, of its first state; without one it
    is the root mean square over the units.
    """
    equations = _Linear(ran)
    if equations.hold:
        shape = (ran.batch, ran.time, ran.time)
        yield Offer("implicit_attention", Group.IMPLICIT, shape, ran.call.x.dtype, lambda: equations.map(unit), (1, 2))


class _Linear:
    """The new states as sums over the old states and what is written."""

    def __init__(self, ran: Evaluated) -> None:
        self.ran, self.graph = ran, ran.call.graph
        self.states = [k for k, node in enumerate(self.graph.nodes) if isinstance(node, State)]
        written = dict(self.graph.names).get(WRITTEN)
        self.written = [] if written is None or _reads(self.graph, self.states)[written] else [written]
        self.variables = [*self.states, *self.written]
        self.reads = _reads(self.graph, self.variables)

    @property
    def hold(self) -> bool:
        """Whether the recurrence is linear, and no unit reads another."""
        return all(self._is_linear(k) for k in self.graph.new_states)

    def map(self, unit: int | None) -> Tensor:
        """A (B, T, T), row after row."""
        width = self.graph.nodes[self.states[0]].width
        if unit is not None and not 0 <= unit < width:
            raise UsageError(f"unit is one of {width}, counted from 0; got {unit!r}.")
        units = slice(None) if unit is None else slice(unit, unit + 1)
        found = [self._coefficients(k) for k in self.graph.new_states]
        kept = self._table(found, self.states, units)  # (S, S, B, T, H)
        if self.written:
            added = self._table(found, self.written, units)
        else:
            count = len(self.states)
            added = torch.eye(count).to(kept)[:, :, None, None, None].expand(kept.shape)
        rows = []
        current = kept.new_zeros(*added.shape[:3], kept.shape[-1], self.ran.time)  # (S, R, B, H, T)
        for t in range(self.ran.time):
            current = einsum("spbh,prbhj->srbhj", kept[..., t, :], current)
            current[..., t] = added[..., t, :]
            total = current.square().sum(1).mean((0, 2)).sqrt()
            rows.append(total if unit is None else current[0, 0, :, 0])
        return torch.stack(rows, 1) if rows else kept.new_zeros(self.ran.batch, 0, 0)

    def _table(self, found: list[dict[int, Tensor]], variables: list[int], units: slice) -> Tensor:
        zero = self.ran.call.x.new_zeros(())
        shape = (self.ran.batch, self.ran.time, self.graph.nodes[self.states[0]].width)
        rows = [torch.stack([each.get(k, zero).expand(shape) for k in variables]) for each in found]
        return torch.stack(rows)[..., units]

    def _is_linear(self, position: int) -> bool:
        if position in self.variables or not self.reads[position]:
            return True
        node = self.graph.nodes[position]
        if not isinstance(node, Pointwise):
            return False
        reading = [k for k in node.operands if self.reads[k]]
        match node.operation:
            case "add" | "subtract" | "negative":
                return all(map(self._is_linear, reading))
            case "multiply":
                return len(reading) == 1 and self._is_linear(reading[0])
            case "divide":
                return reading == [node.operands[0]] and self._is_linear(reading[0])
            case _:
                return False

    def _coefficients(self, position: int) -> dict[int, Tensor]:
        """What each variable is multiplied with, (B, T, H), in the linear node at ``position``."""
        one = self.ran.call.x.new_ones(())
        if position in self.variables:
            return {position: one}
        node = self.graph.nodes[position]
        if not self.reads[position] or not isinstance(node, Pointwise):
            return {}
        parts = [self._coefficients(k) for k in node.operands]
        match node.operation:
            case "add" | "subtract":
                sign = -1 if node.operation == "subtract" else 1
                return parts[0] | {k: parts[0].get(k, 0 * one) + sign * value for k, value in parts[1].items()}
            case "multiply":
                reading, other = (0, 1) if self.reads[node.operands[0]] else (1, 0)
                factor = self.ran.node(node.operands[other])
                return {k: value * factor for k, value in parts[reading].items()}
            case "divide":
                return {k: value / self.ran.node(node.operands[1]) for k, value in parts[0].items()}
            case _:
                return {k: -value for k, value in parts[0].items()}


def _reads(graph: Graph, variables: list[int]) -> list[bool]:
    """Which nodes are ``variables``, or made from them."""
    found: list[bool] = []
    for position, node in enumerate(graph.nodes):
        found.append(position in variables or any(found[k] for k in getattr(node, "operands", ())))
    return found
