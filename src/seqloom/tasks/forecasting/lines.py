"""The steps of a table that comes in line by line."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.tables.columns import missing_value
from seqloom.data.tables.dates import Order, date, orders
from seqloom.data.tables.numerals import Decimal, number, readings
from seqloom.data.times import Spacing
from seqloom.data.times.zone import in_utc
from seqloom.errors import DataError, did_you_mean, listed

__all__ = ["TimedLine", "TimedLines"]

Floats = NDArray[np.float64]
_SEPARATORS: Final = "\t;|,"
_MOST_MISSING: Final = 1000
"""Steps that are missing between two lines; what is longer is another time."""


class TimedLine(NamedTuple):
    """A step: what it is called (its time, or nothing), its values (D,) and what is beside them (C,), NaN where one is
    missing, and its moment."""

    label: str
    values: Floats
    beside: Floats
    moment: Any


class TimedLines:
    """Lines of a table as steps, by the ``columns`` (D,) and those ``beside`` them (C,) that are read.

    The first line may have their names, then others may stand beside them; without names a line has the D + C numbers,
    and before them a time where there is one more. Where a column ``group`` says whose a row is, those of others than
    ``name`` are left out. Times rise; steps of the ``spacing`` that are missing between two lines come as NaN.
    """

    def __init__(
        self,
        columns: Sequence[str],
        beside: Sequence[str] = (),
        time: str | None = None,
        group: str | None = None,
        name: str = "",
        spacing: Spacing | None = None,
        decimal: str | None = None,
        zone: str | None = None,
    ) -> None:
        self.columns, self._read = tuple(columns), (*columns, *beside)
        self._time, self._group, self._name = time, group, name
        self._spacing, self._decimal, self._zone = spacing, decimal, zone
        self.reset()

    def reset(self) -> None:
        """Begin another table."""
        self._places: dict[str, int] | None = None
        self._separator = ""
        self._last: Any = None

    def read(self, line: str) -> list[TimedLine]:
        """The steps of a line; none of names, of an empty line, and of a row of another series. DataError for what
        cannot be read, by its column."""
        if not line.strip():
            return []
        cells = self._cells(line)
        if self._places is None:
            self._places, named = self._found(cells)
            if named:
                return []
        last = max(self._places.values())
        if len(cells) <= last:
            raise DataError(f"expected at least {last + 1} cells, got {len(cells)}.")
        if self._group in self._places and cells[self._places[self._group]].strip() != self._name:
            return []
        numbers = np.array([self._number(name, cells[self._places[name]]) for name in self._read])
        values, beside = np.split(numbers, [len(self.columns)])
        if self._time not in self._places:
            return [TimedLine("", values, beside, None)]
        label = cells[self._places[self._time]].strip()
        moment = self._moment(label)
        gap = self._gap(moment)
        self._last = moment
        nothing = np.full(len(values), np.nan), np.full(len(beside), np.nan)
        return [TimedLine("", *nothing, one) for one in gap] + [TimedLine(label, values, beside, moment)]

    def _cells(self, line: str) -> list[str]:
        if not self._separator:
            self._separator = next((one for one in _SEPARATORS if one in line), " " if " " in line.strip() else ",")
        if self._separator == " ":
            return line.split()
        return [cell.strip() for cell in next(csv.reader([line.rstrip("\r\n")], delimiter=self._separator))]

    def _found(self, cells: Sequence[str]) -> tuple[dict[str, int], bool]:
        """Where each column stands, and whether these cells are names."""
        if set(self._read) <= {*cells}:
            known = (*self._read, self._time, self._group)
            return {name: cells.index(name) for name in known if name is not None and name in cells}, True
        extra = len(cells) - len(self._read)
        numbers = [missing_value(cell) or readings(cell) for cell in cells[max(extra, 0) :]]
        if extra in (0, 1) and all(numbers):
            places = {name: place + extra for place, name in enumerate(self._read)}
            return places | ({self._time or "time": 0} if extra else {}), False
        if self._time is None and extra == 0 and not any(map(readings, cells)):
            return {name: place for place, name in enumerate(self._read)}, True
        absent = [name for name in self._read if name not in cells]
        raise DataError(
            f"expected the columns {listed(self._read)}, or as many numbers; {listed(absent)} is not among "
            f"{listed(cells)}.{did_you_mean(absent[0], cells)}"
        )

    def _number(self, name: str, cell: str) -> float:
        if missing_value(cell):
            return np.nan
        decimal = Decimal.COMMA if self._decimal == "," else Decimal.POINT
        if decimal in readings(cell):
            return number(cell, decimal)
        try:
            found = float(cell)
        except ValueError:
            found = np.inf
        if not np.isfinite(found):
            raise DataError(f"column {name}: expected a finite number, got {cell[:40]!r}.")
        return found

    def _moment(self, cell: str) -> Any:
        """Of a date, or the number that a time is."""
        left = orders(cell)
        order = next((one for one in Order if one in left), None)
        if order is not None:
            found = np.array([date(cell, order)], "datetime64[us]")
            return (found if self._zone is None else in_utc(found, self._zone))[0]
        return self._number(self._time or "time", cell)

    def _gap(self, moment: Any) -> Sequence[Any]:
        """The moments of the steps that are missing before this one."""
        if self._last is None:
            return ()
        if type(moment) is not type(self._last) or not moment > self._last:
            raise DataError(
                f"column {self._time or 'time'}: expected a time after {self._last}, got {moment}. Sort the rows."
            )
        if self._spacing is None:
            return ()
        places = self._spacing.places(np.array([self._last, moment]))
        missing = 0 if places is None else int(places[-1]) - 1
        if not 0 < missing <= _MOST_MISSING:
            return ()
        return list(self._spacing.after(np.array([self._last]), missing))
