"""Where the rows of a batch stand in their sequences.

Axes: B batch, T new steps.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.kernels.transforms import is_seen, known_to_torch

__all__ = ["PlaceState", "next_places", "steps_after"]


@known_to_torch
class PlaceState(NamedTuple):
    """How many steps each row has had: ``steps`` (B,)."""

    steps: Tensor

    @classmethod
    def start(cls, batch_size: int, device: torch.device) -> PlaceState:
        """No steps yet."""
        return cls(torch.zeros(batch_size, dtype=torch.int64, device=device))


def steps_after(steps: Tensor, new: Tensor, lengths: Tensor | None) -> Tensor:
    """How many steps (B,) each row has had after ``new`` ones (B, T, …), of which ``lengths`` (B,) are real."""
    return steps + (new.shape[1] if lengths is None else lengths.to(steps))


def next_places(steps: Tensor, time: int) -> Tensor:
    """The places of the next T steps in their sequences: (1, T) where all rows are equally long, else (B, T)."""
    if is_seen((steps,)):
        return torch.arange(time, device=steps.device)[None] + steps[:, None]
    counts = steps.tolist()
    start = steps[:, None] if len(set(counts)) > 1 else (counts or [0])[0]
    return torch.arange(time, device=steps.device)[None] + start
