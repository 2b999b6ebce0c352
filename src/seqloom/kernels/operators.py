"""Recurrences as operators. The graph of a cell is an argument, as JSON: a saved program runs in another process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from torch import Tensor

from seqloom.cells.graph import Graph
from seqloom.kernels.call import Call, Randomness, States
from seqloom.kernels.operator import operator
from seqloom.kernels.policy import Operation, wish
from seqloom.kernels.sequence import SEQUENCE_KERNELS
from seqloom.kernels.transforms import is_seen, left_to_torch

__all__ = ["RECURRENCE"]

Tensors = Sequence[Tensor]


@dataclass(frozen=True)
class _Recurrence(Operation[Call, tuple[Tensor, States]]):
    """Runs here and now where nobody looks, and as an operator where somebody does."""

    def __call__(self, call: Call) -> tuple[Tensor, States]:
        if not is_seen(call.tensors) or left_to_torch(call.tensors):
            return super().__call__(call)
        parameters = [call.parameters[name] for name in sorted(call.parameters)]
        randomness = list(call.randomness or ())
        y, *states = _operator(call.x, list(call.states), parameters, call.lengths, randomness, call.graph.text, wish())
        return y, tuple(states)

    def here(self, call: Call) -> tuple[Tensor, States]:
        """Inside the operator."""
        return super().__call__(call)


RECURRENCE = _Recurrence("a recurrence", SEQUENCE_KERNELS)


@lru_cache(maxsize=256)
def _read(text: str) -> Graph:
    return Graph.from_data(json.loads(text))


def _run(
    x: Tensor, states: Tensors, parameters: Tensors, lengths: Tensor | None, randomness: Tensors, graph: str
) -> list[Tensor]:
    """y (B, T, H) and the final states (B, H)."""
    equations = _read(graph)
    named = dict(zip(sorted(shape.name for shape in equations.parameters()), parameters, strict=True))
    moment = Randomness(*randomness) if randomness else None
    y, final = RECURRENCE.here(Call(equations, named, x, tuple(states), lengths, moment))
    return [y, *final]


def _shapes(
    x: Tensor, states: Tensors, parameters: Tensors, lengths: Tensor | None, randomness: Tensors, graph: str
) -> list[Tensor]:
    return [x.new_empty(*x.shape[:2], _read(graph).out_features), *(state.new_empty(state.shape) for state in states)]


_operator = operator(
    "recurrence",
    "Tensor x, Tensor[] states, Tensor[] parameters, Tensor? lengths, Tensor[] randomness, str graph",
    _run,
    _shapes,
)
