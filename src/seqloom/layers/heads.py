"""Features shared out among heads."""

from __future__ import annotations

from torch import Tensor

from seqloom.errors import UsageError

__all__ = ["check_heads", "split_heads"]


def check_heads(features: int, heads: int, key_heads: int | None = None) -> None:
    """Raise UsageError unless heads divide the features, and key heads (if any) the heads."""
    if heads < 1 or features % heads:
        raise UsageError(f"{features} features cannot be shared by {heads} heads: heads must divide them.")
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
