"""What a user gives as sequences of numbers, as checked tensors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqloom.errors import UsageError

__all__ = ["paired", "sequences"]


def sequences(given: Any, features: int, name: str) -> Iterator[Tensor]:
    """Each sequence or batch in ``given`` as (B, T, D), float64 and finite; D is ``features``.

    ``given`` is a sequence (T, D), or (T,) when D = 1, a batch (B, T, D), or an iterable of those. UsageError, with
    ``name``, for others.

    >>> [one.shape for one in sequences([torch.zeros(3), torch.zeros(4, 1)], 1, "x")]
    [torch.Size([1, 3, 1]), torch.Size([1, 4, 1])]
    """
    for values in [given] if isinstance(given, (Tensor, np.ndarray)) else given:
        sequence = torch.as_tensor(values, dtype=torch.float64).detach()
        if sequence.ndim == 1 and features == 1:
            sequence = sequence[:, None]
        if sequence.ndim == 2:
            sequence = sequence[None]
        if sequence.ndim != 3 or sequence.shape[-1] != features:
            got = tuple(torch.as_tensor(values).shape)
            raise UsageError(f"{name} should have the shape (T, {features}) or (B, T, {features}); got {got}.")
        if not bool(torch.isfinite(sequence).all()):
            raise UsageError(f"{name} should hold finite numbers; it has NaN or infinity.")
        yield sequence


def paired(inputs: Iterator[Tensor], targets: Iterator[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs (B, T, D) with targets (B, T, K), one by one; UsageError where they do not belong together."""
    for x, y in zip_longest(inputs, targets):
        shapes = [None if part is None else tuple(part.shape[:2]) for part in (x, y)]
        if shapes[0] != shapes[1]:
            raise UsageError(f"x and y should be as many sequences of the same steps; got (B, T) = {shapes}.")
        yield x, y
