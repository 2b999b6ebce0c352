"""The share of values that is dropped in training."""

from __future__ import annotations

from seqloom.errors import UsageError

__all__ = ["check_dropout"]


def check_dropout(share: float) -> float:
    """The share itself; raises UsageError unless it is from 0 to below 1."""
    if not 0 <= share < 1:
        raise UsageError(f"dropout is a share from 0 to below 1; got {share!r}.")
    return share
