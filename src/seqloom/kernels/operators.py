"""Recurrences as operators of torch's registry, for all who look at operations instead of running our code.

``torch.compile``, ``torch.export``, ``make_fx``, ``torch.jit.trace``, fake tensors and dispatch modes see one operator
for a recurrence. Its graph is an argument, as JSON, so a program that is saved runs in another process. What
depends on numbers (the order of lengths, the choice of a kernel) happens inside.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.compiler import assume_constant_result
from torch.library import custom_op

from seqloom.cells.graph import Graph
from seqloom.kernels.call import Call, Randomness, States
from seqloom.kernels.policy import Operation, use, wish
from seqloom.kernels.sequence import SEQUENCE_KERNELS
from seqloom.kernels.transforms import differentiable_inside, is_seen, left_to_torch

__all__ = ["RECURRENCE"]

Rows = Sequence[Tensor]

INPUTS = "Tensor x, Tensor[] states, Tensor[] parameters, Tensor? lengths, Tensor[] randomness, str graph, str wish"


@dataclass(frozen=True)
class _Recurrence(Operation[Call, tuple[Tensor, States]]):
    """Runs here and now where nobody looks, and as an operator where somebody does."""

    def __call__(self, call: Call) -> tuple[Tensor, States]:
        if not is_seen(call.tensors) or left_to_torch(call.tensors):
            return super().__call__(call)
        parameters = [call.parameters[name] for name in sorted(call.parameters)]
        y, *states = _recurrence(
            call.x, list(call.states), parameters, call.lengths, list(call.randomness or ()), _text(call.graph), wish()
        )
        return y, tuple(states)

    def here(self, call: Call) -> tuple[Tensor, States]:
        """Inside the operator, where nobody looks."""
        return super().__call__(call)


RECURRENCE = _Recurrence("a recurrence", SEQUENCE_KERNELS)


@assume_constant_result
def _text(graph: Graph) -> str:
    return _written(graph)


@lru_cache(maxsize=256)
def _written(graph: Graph) -> str:
    return json.dumps(graph.to_data())


@lru_cache(maxsize=256)
def _graph(text: str) -> Graph:
    return Graph.from_data(json.loads(text))


def _call(
    x: Tensor, states: Rows, parameters: Rows, lengths: Tensor | None, randomness: Rows, graph: str, wish: str
) -> Call:
    equations = _graph(graph)
    names = sorted(shape.name for shape in equations.parameters())
    named = dict(zip(names, parameters, strict=True))
    return Call(equations, named, x, tuple(states), lengths, Randomness(*randomness) if randomness else None)


@custom_op("seqloom::recurrence", mutates_args=(), schema=f"({INPUTS}) -> Tensor[]")
def _recurrence(
    x: Tensor, states: Rows, parameters: Rows, lengths: Tensor | None, randomness: Rows, graph: str, wish: str
) -> list[Tensor]:
    """y (B, T, H) and the final states."""
    with use(*wish.split(",")):
        y, final = RECURRENCE.here(_call(x, states, parameters, lengths, randomness, graph, wish))
    return [_own(result, (x, *states, *parameters)) for result in (y, *final)]


@_recurrence.register_fake
def _(
    x: Tensor, states: Rows, parameters: Rows, lengths: Tensor | None, randomness: Rows, graph: str, wish: str
) -> list[Tensor]:
    return [x.new_empty(*x.shape[:2], _graph(graph).out_features), *(x.new_empty(state.shape) for state in states)]


@custom_op("seqloom::recurrence_gradients", mutates_args=(), schema=f"(Tensor?[] arriving, {INPUTS}) -> Tensor[]")
def _gradients(
    arriving: Sequence[Tensor | None],
    x: Tensor,
    states: Rows,
    parameters: Rows,
    lengths: Tensor | None,
    randomness: Rows,
    graph: str,
    wish: str,
) -> list[Tensor]:
    """The gradients of x, the states and the parameters, by running the recurrence anew."""
    with differentiable_inside(), use(*wish.split(",")):
        leaves = [tensor.detach().requires_grad_() for tensor in (x, *states, *parameters)]
        x, states, parameters = leaves[0], leaves[1 : 1 + len(states)], leaves[1 + len(states) :]
        y, final = RECURRENCE.here(_call(x, states, parameters, lengths, randomness, graph, wish))
        found = _way_back((y, *final), leaves, arriving)
    return [_own(gradient, leaves) for gradient in found]


@_gradients.register_fake
def _(arriving: Sequence[Tensor | None], x: Tensor, states: Rows, parameters: Rows, *rest: Any) -> list[Tensor]:
    return [tensor.new_empty(tensor.shape) for tensor in (x, *states, *parameters)]


def _way_back(
    results: Rows, inputs: Rows, arriving: Sequence[Tensor | None], again: bool = False
) -> Sequence[Tensor]:
    """The gradients of ``inputs``, 0 where there is none."""
    pairs = [pair for pair in zip(results, arriving, strict=True) if pair[1] is not None and pair[0].requires_grad]
    if not pairs:
        return [torch.zeros_like(tensor) for tensor in inputs]
    outputs, gradients = zip(*pairs, strict=True)
    return torch.autograd.grad(outputs, inputs, gradients, create_graph=again, materialize_grads=True, allow_unused=True)


def _own(result: Tensor, inputs: Rows) -> Tensor:
    """``result`` as rows one after the other, in memory that is no input's."""
    result = result.detach().contiguous()
    place = result.untyped_storage().data_ptr()
    return result.clone() if any(place == tensor.untyped_storage().data_ptr() for tensor in inputs) else result


def _keep(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
    x, states, parameters, lengths, randomness, *ctx.constants = inputs
    ctx.counts = [1, len(states), len(parameters), len(randomness)]
    ctx.save_for_backward(x, *states, *parameters, *randomness, lengths)


def _differentiate(ctx: Any, arriving: list[Tensor | None]) -> tuple[Any, ...]:
    *tensors, lengths = ctx.saved_tensors
    pieces = iter(tensors)
    (x,), states, parameters, randomness = ([next(pieces) for _ in range(count)] for count in ctx.counts)
    of_x, *rest = _gradients(arriving, x, states, parameters, lengths, randomness, *ctx.constants)
    return of_x, rest[: len(states)], rest[len(states) :], None, [None] * len(randomness), None, None


_recurrence.register_autograd(_differentiate, setup_context=_keep)
