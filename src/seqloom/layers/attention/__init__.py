"""Attention: a query, the steps that answer it, and the mean of what they hold."""

from seqloom.layers.attention.scores import (
    AdditiveScore,
    ConcatScore,
    DotScore,
    GeneralScore,
    Memory,
    MemoryAttention,
    Score,
)

__all__ = ["AdditiveScore", "ConcatScore", "DotScore", "GeneralScore", "Memory", "MemoryAttention", "Score"]
