"""The diagonal recurrence h_t = a_t h_{t−1} + b_t, unit by unit, for whole sequences at once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqloom.kernels.large_results import fresh
from seqloom.kernels.plan import Place, Program, Slot
from seqloom.kernels.plan.derivative import derive
from seqloom.kernels.plan.lower import Forward
from seqloom.kernels.plan.schedule import Target, schedule
from seqloom.kernels.plan.values import Arena, Load
from seqloom.kernels.recurrence.by_rows import RowsByTime
from seqloom.kernels.recurrence.engine import Engine

__all__ = ["diagonal_scan", "scan_reference"]


def scan_reference(a: Tensor, b: Tensor, initial: Tensor) -> Tensor:
    """The equation, step by step: a, b (B, T, D), initial (B, D) → h (B, T, D)."""
    h, states = initial, []
    for a_t, b_t in zip(a.unbind(1), b.unbind(1), strict=True):
        h = a_t * h + b_t
        states.append(h)
    return torch.stack(states, 1) if states else torch.empty_like(b)


class _ScanPlan(NamedTuple):
    forward: Program
    backward: Program


@lru_cache(maxsize=64)
def _plan(width: int) -> _ScanPlan:
    arena = Arena()
    a, b = (arena.add(Load(Slot(f"stream.{name}", width, Place.TOKEN))) for name in "ab")
    h = arena.add(Load(Slot("new.h", width, Place.PREVIOUS)))
    new = arena.apply("add", arena.apply("multiply", a, h), b)
    sequence = Slot("new.h", width, Place.TOKEN)
    gradients = derive(Forward(arena, ((new, sequence),), (new,)))
    return _ScanPlan(schedule(arena, [Target(new, sequence)]), schedule(arena, gradients, {new: sequence}))


def diagonal_scan(engine: Engine, a: Tensor, b: Tensor, initial: Tensor) -> Tensor:
    """The same as ``scan_reference``, on ``engine``; D must be a multiple of its unit."""
    return _Scan.apply(engine, a.contiguous(), b.contiguous(), initial)  # type: ignore[no-untyped-call, no-any-return]


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, engine: Engine, a: Tensor, b: Tensor, initial: Tensor) -> Tensor:
        batch, time, width = a.shape
        state = Slot("new.h", width, Place.TOKEN)
        workspace = RowsByTime(batch, time, engine.unit_of(a), a)
        workspace.add_state(state, initial)
        workspace.tensors |= {"stream.a": a, "stream.b": b}
        engine.scan(_plan(width).forward, workspace, backwards=False)
        ctx.engine = engine
        ctx.save_for_backward(a, b, initial, workspace.tensors[state.name])
        return workspace.owned(state, is_kept=True)

    @staticmethod
    def backward(ctx: Any, arriving: Tensor) -> tuple[Tensor | None, ...]:
        a, b, initial, sequence = ctx.saved_tensors
        if torch.is_grad_enabled():
            h = scan_reference(a, b, initial)
            return (None, *torch.autograd.grad(h, (a, b, initial), arriving, create_graph=True, allow_unused=True))
        batch, time, width = a.shape
        carried = Slot("gradient.h", width, Place.HANDED)
        workspace = RowsByTime(batch, time, ctx.engine.unit_of(a), a)
        of_a, of_b = (fresh(*a.shape, like=a) for _ in range(2))
        workspace.tensors |= {"stream.a": a, "new.h": sequence.contiguous(), "output_0.gradient": arriving.contiguous()}
        workspace.tensors |= {"gradient.a": of_a, "gradient.b": of_b}
        workspace.add_handed(carried, initial.new_zeros(()))
        ctx.engine.scan(_plan(width).backward, workspace, backwards=True)
        return None, of_a, of_b, workspace.handed(carried)
