"""The numbers that a setting may take."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["COUNT", "POSITIVE", "SHARE", "Range"]

_WRITTEN_AS_POWER = 1 << 53


@dataclass(frozen=True, kw_only=True)
class Range:
    """Numbers from ``least`` (or ``above`` it) up to ``most`` (or ``below`` it). NaN and infinity are in no range.

    >>> 0.5 in Range(least=0, below=1), 0 in Range(above=0)
    (True, False)
    >>> str(Range(least=1)), str(Range(least=0, below=1)), str(Range(above=0, most=2))
    ('of at least 1', 'from 0 to below 1', 'above 0 and at most 2')
    """

    least: float = -math.inf
    above: float = -math.inf
    most: float = math.inf
    below: float = math.inf

    def __contains__(self, number: float) -> bool:
        inside = self.least <= number <= self.most and self.above < number < self.below
        return inside and -math.inf < number < math.inf

    def __str__(self) -> str:
        upper = f"below {_figure(self.below)}" if self.below < math.inf else ""
        upper = f"at most {_figure(self.most)}" if self.most < math.inf else upper
        if self.above > -math.inf:
            return f"above {_figure(self.above)}" + (f" and {upper}" if upper else "")
        if self.least == -math.inf:
            return upper
        if not upper:
            return f"of at least {_figure(self.least)}"
        return f"from {_figure(self.least)} to {upper.removeprefix('at most ')}"


def _figure(number: float) -> str:
    if isinstance(number, int):
        power = number.bit_length() - 1
        return f"2^{power}" if number == 1 << max(power, 0) >= _WRITTEN_AS_POWER else str(number)
    return f"{number:g}"


COUNT = Range(least=1)
POSITIVE = Range(above=0)
SHARE = Range(least=0, below=1)
