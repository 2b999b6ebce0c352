"""Pairs of texts: one side, and what it becomes."""

from seqloom.data.pairs.reading import Pairs, pair_columns, read_pairs

__all__ = ["Pairs", "pair_columns", "read_pairs"]
