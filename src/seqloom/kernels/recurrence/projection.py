"""The maps of x that leave the loop, as one product over all tokens."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from torch import Tensor

from seqloom.kernels.plan import Place, Plan, Slot
from seqloom.kernels.recurrence.workspace import Layout

__all__ = ["Projection", "projection", "stream_layout"]


class Projection(NamedTuple):
    """x Wᵀ + bias for several W side by side: each starts at a column of its own; ``bias`` is (1, columns)."""

    matrices: tuple[Tensor, ...]
    starts: tuple[int, ...]
    bias: Tensor


@lru_cache(maxsize=256)
def stream_layout(plan: Plan, unit: int) -> Layout:
    """The columns of the streams."""
    return Layout((Slot(f"stream.{stream.name}", stream.width, Place.TOKEN) for stream in plan.streams), unit)


def projection(plan: Plan, parameters: Mapping[str, Tensor], layout: Layout) -> Projection:
    """The projection onto all streams of ``plan``; matrices of one map that all read x are added up."""
    bias = next(iter(parameters.values())).new_zeros(1, layout.width)
    matrices, starts = [], []
    for stream in plan.streams:
        start = layout.columns[f"stream.{stream.name}"]
        if stream.bias:
            bias[0, start : start + stream.width] = parameters[stream.bias]
        first, *others = (parameters[name] for name in stream.matrices)
        matrices.append(sum(others, first))
        starts.append(start)
    return Projection(tuple(matrices), tuple(starts), bias)
