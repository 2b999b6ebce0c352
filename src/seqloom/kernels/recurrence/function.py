"""A planned recurrence as one operation of autograd."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from seqloom.kernels.call import Call, Randomness, States
from seqloom.kernels.recurrence.passes import Inputs, Recurrence, backward, forward
from seqloom.kernels.recurrence.pieces import cut, join
from seqloom.kernels.reference import unroll
from seqloom.kernels.transforms import is_batched

__all__ = ["run_recurrence"]


def run_recurrence(recurrence: Recurrence, inputs: Inputs) -> tuple[tuple[Tensor, ...], States]:
    """What is wanted, (B, T, H) each, and the final states; autograd knows the way back."""
    x, states, parameters, lengths, randomness = inputs
    tensors = (x, *states, *parameters)
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        lengths = None if lengths is None else lengths.clone()  # whoever counts them down afterwards may
        results = _Recurrence.apply(recurrence, lengths, *(randomness or (None, None)), *tensors)  # type: ignore[no-untyped-call]
        count = len(recurrence.plan.outputs)
        return results[:count], results[count:]
    with torch.no_grad():
        outputs, final, _ = forward(recurrence, inputs, training=False)
    return outputs, final


class _Recurrence(torch.autograd.Function):
    """Whatever the way back reads goes through ``save_for_backward``: hooks see it, and it goes with the graph."""

    @staticmethod
    def forward(ctx: Any, recurrence: Recurrence, *tensors: Tensor | None) -> tuple[Tensor, ...]:
        inputs = _inputs(recurrence, tensors)
        outputs, final, kept = forward(recurrence, inputs, training=True)
        others = tensors[: len(tensors) - len(inputs.parameters)]
        wholes, pieces = join(inputs.parameters)
        ctx.recurrence, ctx.pieces, ctx.counts = recurrence, pieces, (len(others), len(others) + len(wholes))
        ctx.save_for_backward(*others, *wholes, *kept)
        ctx.set_materialize_grads(False)
        return *outputs, *final

    @staticmethod
    def backward(ctx: Any, *arriving: Tensor | None) -> tuple[Tensor | None, ...]:
        recurrence, needed, (first, last) = ctx.recurrence, ctx.needs_input_grad[1:], ctx.counts
        saved = ctx.saved_tensors  # a checkpoint lets them be asked for once
        twice, batched = torch.is_grad_enabled(), any(one is not None and is_batched(one) for one in arriving)
        with torch.set_grad_enabled(twice or batched):
            tensors = (*saved[:first], *cut(saved[first:last], ctx.pieces))
            if twice or batched:
                return (None, *_by_reference(recurrence, tensors, arriving, needed, twice))
        gradients = backward(recurrence, _inputs(recurrence, tensors), saved[last:], arriving, needed[BEFORE_X])
        return (None,) * (1 + BEFORE_X) + tuple(gradients)


BEFORE_X = 3
"""How many tensors come before x: lengths, seeds and times."""


def _inputs(recurrence: Recurrence, tensors: Sequence[Any]) -> Inputs:
    lengths, seed, time, x, *others = tensors
    count = len(recurrence.plan.states)
    randomness = None if seed is None else Randomness(seed, time)
    return Inputs(x, tuple(others[:count]), tuple(others[count:]), lengths, randomness)


def _by_reference(
    recurrence: Recurrence,
    tensors: Sequence[Any],
    arriving: Sequence[Tensor | None],
    needed: Sequence[bool],
    twice: bool,
) -> list[Tensor | None]:
    """The gradients through the reference, whose ordinary operations can be batched, and differentiated ``twice``."""
    plan, (x, states, parameters, lengths, randomness) = recurrence.plan, _inputs(recurrence, tensors)
    by_name = dict(zip(recurrence.names, parameters, strict=True))
    outputs, final = unroll(Call(plan.graph, by_name, x, states, lengths, randomness), plan.wanted)
    pairs = [(r, g) for r, g in zip((*outputs, *final), arriving, strict=True) if g is not None]
    if not pairs:
        return [None] * len(needed)
    leaves = [tensor for tensor, wanted in zip(tensors, needed, strict=True) if wanted]
    results, gradients = zip(*pairs, strict=True)
    found = iter(torch.autograd.grad(results, leaves, gradients, create_graph=twice, allow_unused=True))
    return [next(found) if wanted else None for wanted in needed]
