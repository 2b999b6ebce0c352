"""Lines of text as the steps of a stream."""

from __future__ import annotations

import math
import re
from typing import Final

from seqloom.errors import DataError

__all__ = ["numbers_of"]

_BETWEEN: Final = re.compile(r"[,;\s]+")


def numbers_of(line: str) -> list[float]:
    """The numbers of a line, with commas, semicolons or white space between; DataError for what is none.

    >>> numbers_of("0.5, 1e-3; 2")
    [0.5, 0.001, 2.0]
    """
    found = []
    for word in _BETWEEN.split(line.strip()):
        try:
            number = float(word)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise DataError(f"expected numbers, got {word[:40]!r}.")
        found.append(number)
    return found
