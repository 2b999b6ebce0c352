"""What stands beyond the end of a row, and how it is kept out."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["first_real_step", "last_real_step", "real_steps", "real_steps_only"]


def real_steps(x: Tensor, lengths: Tensor) -> Tensor:
    """Which steps of x (B, T, …) are real: (B, T).

    >>> real_steps(torch.zeros(2, 3), torch.tensor([3, 1]))
    tensor([[ True,  True,  True],
            [ True, False, False]])
    """
    return torch.arange(x.shape[1], device=x.device) < lengths.to(x.device)[:, None]


def real_steps_only(x: Tensor, lengths: Tensor | None) -> Tensor:
    """x (B, T, …) with zeros beyond each row's length; NaN there is replaced, not multiplied."""
    if lengths is None:
        return x
    real = real_steps(x, lengths)
    return torch.where(real.view(*real.shape, *[1] * (x.ndim - 2)), x, x.new_zeros(()))


def first_real_step(y: Tensor, lengths: Tensor | None) -> Tensor:
    """y (B, T, H) → (B, H): each row's first step, 0 for a row without one."""
    if y.shape[1] == 0:
        return y.new_zeros(y.shape[0], y.shape[2])
    return y[:, 0] if lengths is None else torch.where((lengths.to(y.device) > 0)[:, None], y[:, 0], y.new_zeros(()))


def last_real_step(y: Tensor, lengths: Tensor | None) -> Tensor:
    """y (B, T, H) → (B, H): each row's last real step, 0 for a row without one."""
    if y.shape[1] == 0:
        return y.new_zeros(y.shape[0], y.shape[2])
    if lengths is None:
        return y[:, -1]
    lengths = lengths.to(y.device)
    places = (lengths - 1).clamp(min=0)[:, None, None].expand(-1, 1, y.shape[2])
    last = y.gather(1, places).squeeze(1)  # indexing would cost ten times as much on the way back
    return torch.where((lengths > 0)[:, None], last, y.new_zeros(()))
