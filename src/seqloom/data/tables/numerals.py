"""Numbers as people write them, and which readings a spelling has: a point or a comma before the decimals."""

from __future__ import annotations

import re
from enum import IntFlag
from typing import Final

__all__ = ["Decimal", "number", "readings"]

_GROUP: Final = "'’ \u00a0\u202f\u2009"
_MONEY: Final = r"(?:[€$£¥₹₽₩]|EUR|USD|GBP|CHF|JPY|kr|zł|R\$)"
_AROUND: Final = re.compile(
    rf"\s*(?P<open>\()?\s*(?P<sign>[+\-−])?\s*{_MONEY}?\s*(?P<inner>[+\-−])?"
    rf"(?P<body>[\d.,{_GROUP}]*\d[\d.,{_GROUP}]*?(?:[eE][+-]?\d+)?)\s*(?P<percent>%)?\s*{_MONEY}?\s*(?P<close>\))?\s*"
)
_POINT: Final = re.compile(rf"(?:0|[1-9]\d*|[1-9]\d{{0,2}}(?:[,{_GROUP}]\d{{3}})+)?(?:\.\d*)?(?:[eE][+-]?\d+)?")
_COMMA: Final = re.compile(rf"(?:0|[1-9]\d*|[1-9]\d{{0,2}}(?:[.{_GROUP}]\d{{3}})+)?(?:,\d*)?(?:[eE][+-]?\d+)?")
_PLAIN: Final = re.compile(r"-?(?:0|[1-9]\d*)\.\d+")
_THOUSANDS: Final = str.maketrans("", "", _GROUP)


class Decimal(IntFlag):
    """What stands before the decimals."""

    POINT = 1
    COMMA = 2

    def __str__(self) -> str:
        return {1: ".", 2: ","}[self.value]


_BOTH: Final = Decimal.POINT | Decimal.COMMA
_READINGS: Final = (Decimal(0), Decimal.POINT, Decimal.COMMA, _BOTH)


def readings(cell: str) -> Decimal:
    """Under which readings a cell is a number: none of them for text, both for a whole number.

    Spaces, apostrophes, a sign, a currency, % and brackets for what is negative are understood; a number that begins
    with zeros (``007``) is a name.

    >>> [int(readings(cell)) for cell in ("12", "1.5", "1.234,5", "1,234", "$ 1,000.00", "12 %", "007", "1.2.3", "")]
    [3, 1, 2, 3, 1, 3, 0, 0, 0]
    """
    if cell.isdecimal() and cell.isascii() and (cell[0] != "0" or cell == "0"):
        return _BOTH
    if _PLAIN.fullmatch(cell) and cell[-4:-3] != ".":  # most numbers, in a fifth of the time
        return Decimal.POINT
    found = _AROUND.fullmatch(cell)
    if found is None or (found["open"] is None) != (found["close"] is None):
        return Decimal(0)
    body = found["body"].strip(_GROUP)
    point, comma = _POINT.fullmatch(body) is not None, _COMMA.fullmatch(body) is not None
    return _READINGS[point + 2 * comma]


def number(cell: str, decimal: Decimal) -> float:
    """The value of a cell that is a number under this reading; 12 % is 0.12.

    >>> number("1.234,5 €", Decimal.COMMA), number("(1,234)", Decimal.POINT), number("12 %", Decimal.POINT)
    (1234.5, -1234.0, 0.12)
    """
    if decimal == Decimal.POINT and _PLAIN.fullmatch(cell):
        return float(cell)
    found = _AROUND.fullmatch(cell)
    assert found is not None
    body = found["body"].translate(_THOUSANDS)
    body = body.replace(",", "") if decimal == Decimal.POINT else body.replace(".", "").replace(",", ".")
    negative = found["open"] or found["sign"] in ("-", "−") or found["inner"] in ("-", "−")
    text = f"{'-' if negative else ''}{body}"
    return float(f"{text}e-2") if found["percent"] and "e" not in body.lower() else float(text)
