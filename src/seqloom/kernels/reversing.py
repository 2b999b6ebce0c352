"""Time reversed, row by row."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["reverse_rows"]


def reverse_rows(x: Tensor, lengths: Tensor | None) -> Tensor:
    """x (B, T, …) with the real steps of each row in reverse order; padding stays at the end."""
    if lengths is None:
        return x.flip(1)
    steps = torch.arange(x.shape[1], device=x.device)
    ends = lengths.to(x.device)[:, None]
    order = torch.where(steps < ends, ends - 1 - steps, steps)  # (B, T)
    return x[torch.arange(x.shape[0], device=x.device)[:, None], order]
