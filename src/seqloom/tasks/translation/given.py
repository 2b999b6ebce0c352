"""Pairs as plain values: looked at, cut, and with all references of a source together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from seqloom.data.pairs import read_pairs
from seqloom.errors import DataError, UsageError, warn
from seqloom.tasks.examples.values import Facts, Given

__all__ = ["fitting", "given_pairs", "references_of"]


def given_pairs(X: Any, y: Any, settings: Mapping[str, Any], facts: Facts) -> Given:
    """What a user gave; a source with several targets stands as often. Raises DataError for what is no pair."""
    if isinstance(X, str | Path):
        if y is not None:
            raise UsageError("y: expected None beside a file, which has both sides.")
        asked, learned = (settings["input"], settings["target"], settings["encoding"]), facts.get("pair_columns", ())
        found = read_pairs(X, *asked, wanted=not facts, learned=learned)
        for remark in found.remarks:
            warn(f"{X}: {remark}")
        return Given(found.sources, found.targets, {"pair_columns": list(found.columns)}, found)
    if y is None or len(y) != len(X):
        return Given(X, y)
    several = [list(one) if isinstance(one, list | tuple) else [one] for one in y]
    for place, one in enumerate(several):
        for target in one or [""]:
            if target is None or isinstance(target, float):
                continue
            if not isinstance(target, str) or not target.strip():
                raise DataError(f"y: row {place:,}: expected a text that is not empty, got {target!r}.")
    rows = [(row, target) for row, one in zip(X, several, strict=True) for target in one]
    if len(rows) == len(X):
        return Given(X, [target for _, target in rows])
    return Given([row for row, _ in rows], [target for _, target in rows])


def references_of(X: Sequence[Any], y: Sequence[str]) -> tuple[list[int], list[list[str]]]:
    """The places of the different sources, and all targets of each.

    >>> references_of(["a", "b", "a"], ["x", "y", "z"])
    ([0, 1], [['x', 'z'], ['y']])
    """
    found: dict[Any, tuple[int, list[str]]] = {}
    for place, (source, target) in enumerate(zip(X, y, strict=True)):
        key = source if isinstance(source, str) else place
        found.setdefault(key, (place, []))[1].append(target)
    return [place for place, _ in found.values()], [several for _, several in found.values()]


def fitting(rows: Sequence[Tensor], longest: int, too_long: str, side: str) -> list[Tensor]:
    """Rows (T, …) of up to ``longest`` steps: longer ones are cut, which is said, or refused with DataError."""
    over = [place for place, row in enumerate(rows) if len(row) > longest]
    if not over:
        return list(rows)
    what = f"{side}: {len(over):,} of {len(rows):,} are longer than {longest:,} tokens, the first is row {over[0]:,}"
    if too_long == "refuse":
        raise DataError(f"{what} with {len(rows[over[0]]):,}. Take them out, raise longest, or let them be cut.")
    warn(f"{what}; they are cut there (--longest).")
    return [row[:longest] for row in rows]
