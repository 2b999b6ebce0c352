"""Recurrences as operators. The graph of a cell is an argument, as JSON: a saved program runs in another process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

from torch import Tensor
from torch.compiler import is_exporting

from seqloom.cells.graph import Graph
from seqloom.kernels.backend import CPU
from seqloom.kernels.call import Call, Randomness, States
from seqloom.kernels.cpu.engine import BITS
from seqloom.kernels.custom_operator import Halves, custom_operator
from seqloom.kernels.policy import Operation, wish, wished
from seqloom.kernels.recurrence.planned import planned
from seqloom.kernels.recurrence.recall import Recall, Record, sizes
from seqloom.kernels.sequence import CPU_ENGINE, CPU_KERNEL, SEQUENCE_KERNELS
from seqloom.kernels.steps import Steps
from seqloom.kernels.transforms import is_seen, left_to_torch

__all__ = ["RECURRENCE"]

Tensors = Sequence[Tensor]
Shape = Sequence[int]


@dataclass(frozen=True)
class _Recurrence(Operation[Call, tuple[Tensor, States]]):
    """Runs here and now where nobody looks, and as an operator where somebody does."""

    def __call__(self, call: Call) -> tuple[Tensor, States]:
        if not is_seen(call.tensors) or left_to_torch(call.tensors) or len({one.device for one in call.tensors}) > 1:
            return super().__call__(call)  # whose torch operations say what they think of it
        parameters = [call.parameters[name] for name in sorted(call.parameters)]
        randomness = list(call.randomness or ())
        run = _training_operator if _trains(call) else _operator
        y, *results = run(call.x, list(call.states), parameters, call.lengths, randomness, call.graph.text, wish())
        return y, tuple(results[: len(call.states)])

    def here(self, call: Call) -> tuple[Tensor, States]:
        """Inside the operator."""
        return super().__call__(call)


RECURRENCE = _Recurrence("a recurrence", SEQUENCE_KERNELS)


TRAINING = Operation[Call, tuple[Tensor, States]]("a recurrence", (CPU_KERNEL,))
"""The kernel whose way back reads what the way forward kept."""


def _trains(call: Call) -> bool:
    """Whether a way back is to be prepared for, and on that kernel; exported programs are for use."""
    formats = {tensor.dtype for tensor in call.tensors}
    compiled = len(formats) == 1 and formats <= {*BITS} and call.x.device.type == "cpu"
    return call.needs_gradient and compiled and CPU.name in wished() and not is_exporting()


@lru_cache(maxsize=256)
def _read(text: str) -> Graph:
    return Graph.from_data(json.loads(text))


@lru_cache(maxsize=256)
def _names(text: str) -> list[str]:
    """Those of the parameters, in the order in which they are handed over."""
    return sorted(shape.name for shape in _read(text).parameters())


def _call(
    x: Tensor, states: Tensors, parameters: Tensors, lengths: Tensor | None, randomness: Tensors, graph: str
) -> Call:
    named = dict(zip(_names(graph), parameters, strict=True))
    return Call(_read(graph), named, x, tuple(states), lengths, Randomness(*randomness) if randomness else None)


def _run(
    x: Tensor, states: Tensors, parameters: Tensors, lengths: Tensor | None, randomness: Tensors, graph: str
) -> list[Tensor]:
    """y (B, T, H) and the final states (B, H)."""
    call = _call(x, states, parameters, lengths, randomness, graph)
    done = _one_step(call) if x.shape[1] == 1 and lengths is None and not randomness else None
    y, final = RECURRENCE.here(call) if done is None else done
    return [y, *final]


def _one_step(call: Call) -> tuple[Tensor, States] | None:
    """``call``, which is a single step, as in a stream; None where it is not to be had."""
    weights = [call.parameters[shape.name] for shape in call.graph.parameters()]
    done = _steps(call.graph)(call.x[:, 0], call.states, weights)
    return None if done is None else (done[0][:, None], done[1])


@lru_cache(maxsize=256)
def _steps(graph: Graph) -> Steps:
    return Steps(graph)


def _shapes(
    x: Tensor, states: Tensors, parameters: Tensors, lengths: Tensor | None, randomness: Tensors, graph: str
) -> list[Tensor]:
    return [x.new_empty(*x.shape[:2], _read(graph).out_features), *(state.new_empty(state.shape) for state in states)]


def _flops(x: Shape, states: Sequence[Shape], parameters: Sequence[Shape], *_: object) -> int:
    """Those of the products."""
    return 2 * prod(x[:2]) * sum(prod(shape) for shape in parameters if len(shape) > 1)


def _train(
    x: Tensor, states: Tensors, parameters: Tensors, lengths: Tensor | None, randomness: Tensors, graph: str
) -> list[Tensor]:
    """The same, and what the way back needs."""
    call = _call(x, states, parameters, lengths, randomness, graph)
    TRAINING.choose(call)
    record = Record(_reads_out(graph, randomness))
    y, final = CPU_KERNEL.run_by(record, call)
    return [y, *final, *record.kept]


def _recall(
    kept: Tensors,
    x: Tensor,
    states: Tensors,
    parameters: Tensors,
    lengths: Tensor | None,
    randomness: Tensors,
    graph: str,
) -> list[Tensor]:
    call = _call(x, states, parameters, lengths, randomness, graph)
    y, final = CPU_KERNEL.run_by(Recall(kept, _reads_out(graph, randomness)), call)
    return [y, *final]


def _reads_out(graph: str, randomness: Tensors) -> bool:
    """Whether the output is made after the loop, of what is kept."""
    return planned(_read(graph), bool(randomness))[0].comes_after


def _training_shapes(
    x: Tensor, states: Tensors, parameters: Tensors, lengths: Tensor | None, randomness: Tensors, graph: str
) -> list[Tensor]:
    after, plan = planned(_read(graph), bool(randomness))
    outputs = [x.new_empty(*x.shape[:2], slot.width) for slot in plan.outputs] if after.comes_after else []
    kept = [x.new_empty(size) for size in sizes(plan, CPU_ENGINE, x)]
    return [*_shapes(x, states, parameters, lengths, randomness, graph), *outputs, *kept]


INPUTS = "Tensor x, Tensor[] states, Tensor[] parameters, Tensor? lengths, Tensor[] randomness, str graph"
_operator = custom_operator("recurrence", INPUTS, _run, _shapes, _flops)
_training_operator = custom_operator(
    "recurrence_in_training", INPUTS, _train, _training_shapes, _flops, Halves(_recall, _run)
)
