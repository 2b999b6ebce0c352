"""Features shared out among heads."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from seqloom.errors import UsageError

__all__ = ["check_heads", "largest_fit", "normed_heads", "split_heads"]


def largest_fit(fits: Callable[[int], bool], most: int = 4) -> int:
    """The default for a number of heads or their size: ``most``, or the largest number below it that fits.

    Where none does it is ``most``, so that what checks it names the usual default.

    >>> largest_fit(lambda heads: 66 % heads == 0)
    3
    """
    return next((number for number in range(most, 0, -1) if fits(number)), most)


def check_heads(features: int, heads: int, key_heads: int | None = None) -> None:
    """Raise UsageError unless heads divide the features, and key heads (if any) the heads."""
    if heads < 1 or features % heads:
        fits = f"; {features + -features % heads} would do" if heads > 0 else ""
        raise UsageError(f"{features} features cannot be shared by {heads} heads: heads must divide them{fits}.")
    if key_heads is not None and (key_heads < 1 or heads % key_heads):
        raise UsageError(f"{heads} heads cannot share {key_heads} key heads: key_heads must divide heads.")


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(…, N · K) → (…, N, K).

    >>> import torch
    >>> split_heads(torch.zeros(2, 5, 12), 3).shape
    torch.Size([2, 5, 3, 4])
    """
    parts: Tensor = x.unflatten(-1, (heads, -1))
    return parts


def normed_heads(heads: Tensor) -> Tensor:
    """(…, N, K) → (…, N · K), each head normalised by itself, without scale and shift."""
    return F.layer_norm(heads, heads.shape[-1:]).flatten(-2)
