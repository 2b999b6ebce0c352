"""A planned recurrence in two halves, for an operator: what the first keeps, flat, of known sizes, the second reads."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqloom.kernels.call import Randomness, States
from seqloom.kernels.plan import Plan
from seqloom.kernels.recurrence.engine import Engine
from seqloom.kernels.recurrence.kept import shapes, widths
from seqloom.kernels.recurrence.packing import pack
from seqloom.kernels.recurrence.passes import Inputs, Recurrence, backward, forward

__all__ = ["Recall", "Record", "sizes"]


def sizes(plan: Plan, engine: Engine, x: Tensor) -> list[int]:
    """How many numbers are kept, tensor by tensor, for x (B, T, D): as if every row were whole."""
    batch, time = x.shape[:2]
    return [batch * (time + first) * width for first, width in widths(plan, engine.unit_of(x))]


class Record:
    """The first half; ``kept`` is filled: a flat tensor each, and before them the outputs, if ``outputs_too``."""

    def __init__(self, outputs_too: bool) -> None:
        self.outputs_too = outputs_too
        self.kept: list[Tensor] = []

    def __call__(self, recurrence: Recurrence, inputs: Inputs) -> tuple[tuple[Tensor, ...], States]:
        outputs, final, kept = forward(recurrence, inputs, training=True)
        wanted = sizes(recurrence.plan, recurrence.engine, inputs.x)
        flat = [tensor.reshape(-1) for tensor in kept[len(kept) - len(wanted) :]] if len(kept) >= len(wanted) else []
        if self.outputs_too:
            self.kept += outputs
        if not flat:  # no row has a step
            self.kept += [inputs.x.new_zeros(size) for size in wanted]
        else:
            self.kept += [
                one if len(one) == size else F.pad(one, (0, size - len(one)))
                for one, size in zip(flat, wanted, strict=True)
            ]
        return outputs, final


class Recall:
    """The second half: the way back through passes that were made before, from what they ``kept``."""

    def __init__(self, kept: Sequence[Tensor], outputs_too: bool) -> None:
        self.kept, self.outputs_too = kept, outputs_too

    def __call__(self, recurrence: Recurrence, inputs: Inputs) -> tuple[tuple[Tensor, ...], States]:
        count = len(recurrence.plan.outputs)
        x, states, parameters, lengths, randomness = inputs
        outputs, kept = (self.kept[:count], self.kept[count:]) if self.outputs_too else ((), self.kept)
        if not self.outputs_too:  # nobody reads them but for their shape
            outputs = [x.new_zeros(()).expand(*x.shape[:2], slot.width) for slot in recurrence.plan.outputs]
        tensors = (lengths, *(randomness or (None, None)), x, *states, *parameters)
        results = _Recalled.apply(recurrence, tuple(outputs), tuple(kept), *tensors)  # type: ignore[no-untyped-call]
        return results[:count], results[count:]


class _Recalled(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, recurrence: Recurrence, outputs: tuple[Tensor, ...], kept: tuple[Tensor, ...], *tensors: Any
    ) -> tuple[Tensor, ...]:
        ctx.recurrence, ctx.kept, ctx.tensors = recurrence, kept, tensors
        ctx.set_materialize_grads(False)
        states = tensors[4 : 4 + len(recurrence.plan.states)]
        return *(output.detach() for output in outputs), *(state.detach() for state in states)

    @staticmethod
    def backward(ctx: Any, *arriving: Tensor | None) -> tuple[Any, ...]:
        recurrence: Recurrence = ctx.recurrence
        lengths, seed, time, x, *others = ctx.tensors
        count = len(recurrence.plan.states)
        randomness = None if seed is None else Randomness(seed, time)
        inputs = Inputs(x, tuple(others[:count]), tuple(others[count:]), lengths, randomness)
        packing = recurrence.in_order(pack(x, lengths))
        kept: list[Tensor] = [*packing.tensors()]
        if packing.steps.tokens:
            wanted = shapes(recurrence.plan, recurrence.workspace(packing.steps, x))
            kept += [flat[: prod(shape)].view(shape) for flat, shape in zip(ctx.kept, wanted, strict=True)]
        return (None,) * 6 + tuple(backward(recurrence, inputs, kept, arriving))
