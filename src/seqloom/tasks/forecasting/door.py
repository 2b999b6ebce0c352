"""What the forecaster shows of itself before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from seqloom.tasks.door import Claim, Door
from seqloom.tasks.forecasting.settings import ForecasterSettings
from seqloom.tasks.tables.claims import is_table

__all__ = ["DOOR", "claims_times"]

_SURE: Final = 0.95
_LOOKED_AT: Final = 20


def claims_times(path: Path, given: Mapping[str, Any]) -> Claim | None:
    """Claim a table with a column of dates, numbers, and else at most the names of series: nothing says a label; and a
    folder of such tables that have the same columns."""
    from seqloom.data.folders.files import is_about
    from seqloom.errors import DataError
    from seqloom.tasks.forecasting.columns import tables_in

    if not path.is_dir():
        return _claim(path, given) if is_table(path) and path.is_file() else None
    files = [one for one in path.iterdir() if not one.name.startswith(".") and not is_about(one.name)]
    labelled = given.get("label_pattern") or any(one.stem.lower() == "labels" for one in files)
    if not files or labelled or not all(is_table(one) for one in files):
        return None
    try:
        first, *others = tables_in(path)
    except DataError:
        return None
    claim = _claim(first, given)
    if claim is None or any(_columns(one, given) != _columns(first, given) for one in others[:_LOOKED_AT]):
        return None
    return claim._replace(reason=f"a series in each of {1 + len(others):,} files: {claim.reason}")


def _claim(path: Path, given: Mapping[str, Any]) -> Claim | None:
    from seqloom.data.tables import Kind
    from seqloom.errors import DataError, UsageError, listed
    from seqloom.tasks.forecasting.columns import choose
    from seqloom.tasks.tables.columns import head_of

    try:
        table = head_of(path, given)
        chosen = choose(table, given)
    except (DataError, UsageError):
        return None
    if chosen is None or table.column(chosen.time).kind is not Kind.DATE:
        return None
    others = [name for name in table.columns if name not in chosen.columns]
    if any(table.column(name).kind not in (Kind.NUMBER, Kind.EMPTY) for name in others):
        return None
    of_each = "" if chosen.group is None else f" of each {chosen.group!r}"
    return Claim(
        _SURE, f"numbers{of_each} in the order of {chosen.time!r}: what comes next in {listed(chosen.targets)}"
    )


def _columns(path: Path, given: Mapping[str, Any]) -> list[str]:
    from seqloom.errors import DataError, UsageError
    from seqloom.tasks.tables.columns import head_of

    try:
        return [*head_of(path, given).columns]
    except (DataError, UsageError):
        return []


DOOR = Door(
    "seqloom.tasks.forecasting.forecaster:Forecaster",
    ForecasterSettings,
    claims=claims_times,
    then="Forecast with it:  seqloom predict {run} FILE",
)
"""The forecaster's."""
