"""Frames freed of what is the same in all of a recording: the voice's colour, the microphone, the loudness."""

from __future__ import annotations

import torch
from torch import Tensor

from seqloom.layers.padding import real_steps_only

__all__ = ["normalised"]

_LEAST = 1e-3


def normalised(x: Tensor, lengths: Tensor | None = None) -> Tensor:
    """x (B, S, M), each band less its mean over the row's real steps, and over its deviation; 0 beyond its end.

    The deviation of a band that never changes counts as 1. Source: Viikki & Laurila, 1998.

    >>> normalised(torch.tensor([[[1.0], [3.0], [9.0]]]), torch.tensor([2]))
    tensor([[[-1.],
             [ 1.],
             [ 0.]]])
    """
    if lengths is None:  # an hour of frames is copied once
        deviation, mean = torch.std_mean(x, 1, correction=0, keepdim=True)
        return (x - mean).div_(torch.where(deviation > _LEAST, deviation, 1.0))
    x = real_steps_only(x, lengths)
    count = lengths.clamp_min(1).to(x.device, x.dtype)[:, None, None]
    mean = x.sum(1, keepdim=True) / count
    centred = real_steps_only(x - mean, lengths)
    deviation = (centred.square().sum(1, keepdim=True) / count).sqrt()
    return centred / torch.where(deviation > _LEAST, deviation, 1.0)
