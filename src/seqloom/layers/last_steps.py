"""The last steps of a sequence: the state of what looks back a fixed way."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.kernels.transforms import known_to_torch

__all__ = ["LastSteps", "last_steps"]


@known_to_torch
class LastSteps(NamedTuple):
    """The inputs that the next steps still see: ``past`` (B, size - 1, D)."""

    past: Tensor


def last_steps(seen: Tensor, count: int, lengths: Tensor | None) -> Tensor:
    """The last ``count`` steps of ``seen`` (B, count + T, …), where ``lengths`` (B,) of the T are real → (B, count, …).

    >>> last_steps(torch.arange(10).view(2, 5), 2, torch.tensor([3, 1]))
    tensor([[3, 4],
            [6, 7]])
    """
    if lengths is None:
        return seen[:, seen.shape[1] - count :].clone()  # not a view, which would keep the whole sequence in memory
    places = lengths.to(seen.device)[:, None] + torch.arange(count, device=seen.device)
    rows = torch.arange(seen.shape[0], device=seen.device)[:, None]
    return seen[rows, places]
