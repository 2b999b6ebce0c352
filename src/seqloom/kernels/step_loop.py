"""Steps with gradients, one call each, where what comes next is known only after the step before.

A decoder that reads what it found cannot hand a whole sequence to a kernel. What can be done before its loop is done
here once: weights are joined, so that maps of the same operands are one product, and the products of the inputs that
are known beforehand are made for all steps at once. It is made of torch's operations alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from seqloom.cells.graph import Affine, Graph, Input, Mask, State
from seqloom.kernels.call import States
from seqloom.kernels.reference import evaluate

__all__ = ["Early", "StepLoop"]

Early = tuple[Tensor, ...]
"""What is known of a step beforehand."""


class _Group(NamedTuple):
    """Maps that read the same of what is given: one product of ``operands`` side by side.

    ``weight`` (columns, rows) is for what is read at the step, ``known`` (rows, D) for the inputs that come early, None
    where there are none; ``rows`` has the widths of the maps.
    """

    maps: tuple[int, ...]
    operands: tuple[int, ...]
    weight: Tensor
    known: Tensor | None
    bias: Tensor
    rows: tuple[int, ...]


class StepLoop:
    """The steps of ``graph`` with the present ``parameters``; of its input the first ``known`` features come early.

    ``begin`` reads these, for all steps at once; ``step`` takes what it made of one, and the rest of the input. Masks
    have their mean.
    """

    def __init__(self, graph: Graph, parameters: Mapping[str, Tensor], known: int = 0) -> None:
        self.graph, self.parameters, self.known = graph, parameters, known
        self._input = next((k for k, node in enumerate(graph.nodes) if isinstance(node, Input)), -1)
        self._states = [k for k, node in enumerate(graph.nodes) if isinstance(node, State)]
        self._masks = [(k, node) for k, node in enumerate(graph.nodes) if isinstance(node, Mask)]
        self._given = {self._input, *self._states}
        self._groups = [self._group(maps, operands) for operands, maps in self._shared().items()]
        grouped = {k for group in self._groups for k in group.maps}
        self._partial = [k for k in sorted(grouped) if not self._given.issuperset(self._affine(k).operands)]
        others = [node for k, node in enumerate(graph.nodes) if k not in grouped]
        self._reads_input = any(self._input in getattr(node, "operands", ()) for node in others)

    def begin(self, x: Tensor) -> list[Early]:
        """x (B, T, known) → what the maps read of each of the T steps, and its x."""
        products = [
            repeat(group.bias) if group.known is None else F.linear(x, group.known, group.bias).unbind(1)
            for group in self._groups
        ]
        return list(zip(*products, x.unbind(1), strict=False))

    def step(self, early: Early, rest: Tensor, states: States) -> tuple[Tensor, States]:
        """What ``begin`` made of a step, the rest of its input (B, D - known) and the states (B, H) → y, new states."""
        *products, x_t = early
        found = self._found(products, x_t, rest, states)
        wanted = (self.graph.output, *self.graph.new_states)
        y, *new = (evaluate(self.graph, self.parameters, k, found) for k in wanted)
        return _for_all(rest, y), tuple(_for_all(rest, state) for state in new)

    def rows(self, x: Tensor, states: States) -> dict[int, Tensor]:
        """Of N steps that know their inputs x (N, D) and states (N, H), the nodes that ``evaluate`` goes on from."""
        return self._found([group.bias for group in self._groups], x, x, states)

    def _found(self, products: Iterable[Tensor], x_t: Tensor, rest: Tensor, states: States) -> dict[int, Tensor]:
        found: dict[int, Tensor] = dict(zip(self._states, states, strict=True))
        found[self._input] = rest
        for group, product in zip(self._groups, products, strict=True):
            read = [found[k] for k in group.operands]
            total = torch.addmm(product, torch.cat(read, -1) if len(read) > 1 else read[0], group.weight)
            found.update(zip(group.maps, total.split(group.rows, -1), strict=True))
        if self._reads_input:
            found[self._input] = torch.cat([x_t, rest], -1) if self.known else rest
        for position, mask in self._masks:
            found[position] = rest.new_full((mask.width,), mask.p)
        for position in self._partial:
            found[position] = self._completed(position, found)
        return found

    def _affine(self, position: int) -> Affine:
        node = self.graph.nodes[position]
        assert isinstance(node, Affine)
        return node

    def _shared(self) -> dict[tuple[int, ...], list[int]]:
        """The maps that read the input or states, by those of their operands."""
        found: dict[tuple[int, ...], list[int]] = {}
        for position, node in enumerate(self.graph.nodes):
            if isinstance(node, Affine) and node.blocks == 1:
                operands = tuple(dict.fromkeys(k for k in node.operands if k in self._given))
                found.setdefault(operands, []).append(position)
        found.pop((), None)
        return found

    def _group(self, maps: list[int], operands: tuple[int, ...]) -> _Group:
        columns: list[Tensor] = []
        known = None
        for operand in operands:
            matrix = torch.cat([self._weight(k, operand) for k in maps])
            if self.known and operand == self._input:
                known, matrix = matrix[:, : self.known], matrix[:, self.known :]
            columns.append(matrix)
        nodes = [self._affine(k) for k in maps]
        biases = [
            self.parameters[f"{node.name}.bias"] if node.bias else columns[0].new_zeros(node.width) for node in nodes
        ]
        rows = tuple(node.width for node in nodes)
        return _Group(tuple(maps), operands, torch.cat(columns, 1).T, known, torch.cat(biases), rows)

    def _weight(self, position: int, operand: int) -> Tensor:
        """The matrix that a map has for an operand, all of them where it reads it several times."""
        node = self._affine(position)
        places = [k for k, one in enumerate(node.operands) if one == operand]
        first, *more = (self.parameters[f"{node.name}.weight_{k}"] for k in places)
        for matrix in more:
            first = first + matrix
        return first

    def _completed(self, position: int, found: dict[int, Tensor]) -> Tensor:
        """A map that reads what is made at the step, too."""
        node, total = self._affine(position), found.pop(position)
        for k, operand in enumerate(node.operands):
            if operand not in self._given:
                value = evaluate(self.graph, self.parameters, operand, found)
                total = total + F.linear(value, self.parameters[f"{node.name}.weight_{k}"])
        return total


def _for_all(rows: Tensor, value: Tensor) -> Tensor:
    """A value (B, H), or one (H,) that is the same for all ``rows`` (B, …)."""
    return value if value.ndim == 2 else value.expand(len(rows), -1)
