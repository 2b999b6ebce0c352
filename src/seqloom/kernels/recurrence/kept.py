"""What the forward pass keeps for the backward pass: as few tensors as will do, in a fixed order, of known shapes.

The streams lie side by side in one matrix, and are kept together; every other slot is a tensor of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.kernels.plan import Place, Plan, Slot
from seqloom.kernels.recurrence.projection import stream_layout
from seqloom.kernels.recurrence.workspace import Workspace, padded

__all__ = ["give_back", "is_kept", "shapes", "take", "widths"]

STREAMS = Slot("streams", 0, Place.TOKEN)


@lru_cache(maxsize=256)
def kept_slots(plan: Plan) -> tuple[Slot, ...]:
    """The slots that the forward pass fills and the backward pass reads; ``STREAMS`` stands for all streams."""
    read = {*plan.backward.slots, *(outer.operand.name for outer in plan.outers)}
    streams = {f"stream.{stream.name}" for stream in plan.streams}
    given = {slot.name for slot in plan.of_x}
    filled = {slot.name: slot for slot in (*plan.states, *plan.training.slots.values())}
    own = [
        slot
        for name, slot in filled.items()
        if name in read and name not in {*streams, *given} and slot.place in (Place.TOKEN, Place.PREVIOUS)
    ]
    return (*([STREAMS] if streams & read else []), *own)


def is_kept(plan: Plan, slot: Slot) -> bool:
    """Whether the backward pass reads ``slot``."""
    return any(slot.name == kept.name for kept in kept_slots(plan))


def shapes(plan: Plan, workspace: Workspace) -> list[tuple[int, ...]]:
    """The shapes of what is kept, in its order."""
    width = stream_layout(plan, workspace.unit).width
    return [(workspace.steps.tokens, width) if slot == STREAMS else workspace.shape(slot) for slot in kept_slots(plan)]


def widths(plan: Plan, unit: int) -> list[tuple[int, int]]:
    """For each tensor that is kept, how many rows stand before the first step, and the width of its rows."""
    streams = stream_layout(plan, unit).width
    return [
        (0, streams) if slot == STREAMS else (int(slot.name.startswith("new.")), padded(slot.width, unit))
        for slot in kept_slots(plan)
    ]


def take(plan: Plan, workspace: Workspace, streams: Tensor | None) -> tuple[Tensor, ...]:
    """What is kept of ``workspace`` after the forward pass; ``streams`` is their matrix."""
    found = (streams if slot == STREAMS else workspace.tensors[slot.name] for slot in kept_slots(plan))
    return tuple(tensor for tensor in found if tensor is not None)


def give_back(plan: Plan, workspace: Workspace, kept: Sequence[Tensor]) -> None:
    """Put what was kept where the backward pass reads it.

    It may have been stored elsewhere meanwhile, and is looked at before machine code sees it: raises UsageError where
    another shape or format came back.
    """
    wanted = shapes(plan, workspace)
    for slot, shape, tensor in zip(kept_slots(plan), wanted, kept, strict=True):
        if tensor.shape != torch.Size(shape) or tensor.dtype != workspace.like.dtype:
            raise UsageError(
                f"The backward pass kept {slot.name} as {tuple(shape)} of {workspace.like.dtype}, but got back "
                f"{tuple(tensor.shape)} of {tensor.dtype}. Saved-tensor hooks must give back what they were given."
            )
        tensor = tensor.contiguous()
        if slot == STREAMS:
            workspace.lay_side_by_side(stream_layout(plan, workspace.unit), tensor)
        else:
            workspace.tensors[slot.name] = tensor
