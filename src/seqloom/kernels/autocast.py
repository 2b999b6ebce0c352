"""Autocast, which a recurrence stays out of: its rounding errors add up over time."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

__all__ = ["under_autocast", "without_autocast"]


def under_autocast(like: Tensor) -> bool:
    """Whether autocast is on where ``like`` is; tensors without numbers have none.

    >>> with torch.autocast("cpu", dtype=torch.bfloat16):
    ...     under_autocast(torch.zeros(1)), under_autocast(torch.zeros(1, device="meta"))
    (True, False)
    """
    return not like.is_meta and torch.is_autocast_enabled(like.device.type)


def without_autocast(like: Tensor) -> AbstractContextManager[object]:
    """A block in which autocast is off where ``like`` is."""
    return torch.autocast(like.device.type, enabled=False) if under_autocast(like) else nullcontext()
