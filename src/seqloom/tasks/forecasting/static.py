"""What stays the same of a series, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.data.times import TimedSeries

__all__ = ["static_facts", "static_numbers"]

Floats = NDArray[np.float64]


def static_facts(series: Sequence[TimedSeries]) -> list[Any]:
    """Of each static column what makes numbers of it: [mean, deviation] of numbers, else its values."""
    found: list[Any] = []
    for cells in zip(*(one.static for one in series), strict=True):
        said = [cell for cell in cells if cell]
        if all(map(_is_number, said)):
            numbers = np.array(said, np.float64)
            found.append([float(numbers.mean()), float(numbers.std()) or 1.0] if said else [])
        else:
            found.append(sorted({*said}))
    return found


def static_numbers(facts: Sequence[Any], cells: Sequence[str]) -> Floats:
    """What is static of a series as numbers (S,): one of each column of numbers, and one for each value of another."""
    found: list[float] = []
    for known, cell in zip(facts, cells, strict=True):
        if known and isinstance(known[0], str):
            found += [float(cell == value) for value in known]
        elif known:
            found.append((float(cell) - known[0]) / known[1] if _is_number(cell) else 0.0)
    return np.array(found)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
