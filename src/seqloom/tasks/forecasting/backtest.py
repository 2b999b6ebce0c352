"""Forecasts from origins that roll through a series, as they would have been made then."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from seqloom.data.times import TimedSeries, TimedTable
from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.tasks.figures import Figures
from seqloom.tasks.forecasting.columns import Chosen, is_file_or_frame, table_of_times
from seqloom.tasks.forecasting.judging import Comparison, Errors
from seqloom.tasks.forecasting.picks import Sizes
from seqloom.tasks.forecasting.windows import Window, first_origin, windows_of

if TYPE_CHECKING:
    from seqloom.tasks.forecasting.forecaster import Forecaster

__all__ = ["Backtest", "backtest"]

_HELD_OUT = 0.1
_A_YEAR = 1000, 9999


@dataclasses.dataclass(frozen=True)
class Backtest:
    """The figures over all ``origins``, and of the model and each naive forecast those of each step ahead (H,) and of
    each of the ``columns`` (D,); ``fits`` models were learned for it."""

    figures: Figures
    origins: int
    fits: int
    columns: tuple[str, ...]
    by_horizon: dict[str, dict[str, list[float]]]
    by_column: dict[str, dict[str, list[float]]]

    def to_mapping(self) -> dict[str, Any]:
        """Everything by name, ready for JSON."""
        return self.figures.to_mapping() | {
            "origins": self.origins,
            "fits": self.fits,
            "columns": list(self.columns),
            "by_horizon": self.by_horizon,
            "by_column": self.by_column,
        }


class _Source(NamedTuple):
    """The series, and the table that they are of, if there is one."""

    series: list[TimedSeries]
    table: TimedTable | None

    def until(self, moment: Any) -> Any:
        """What was known at a moment, as ``fit`` takes it; series of which nothing was are left out."""
        ends = [int(np.searchsorted(one.stamps, moment, side="right")) for one in self.series]
        parts = [one.until(end) for one, end in zip(self.series, ends, strict=True) if end > 1]
        if self.table is None:
            return [one.values for one in parts]
        return dataclasses.replace(self.table, series=parts, remarks=())


def backtest(model: Forecaster, X: Any, begin: float | str, stride: int | None, refit: bool) -> Backtest:
    """See :meth:`Forecaster.backtest`."""
    if stride is not None and stride < 1:
        raise UsageError(f"stride: expected steps between two origins, 1 or more, got {stride}.")
    sizes = Sizes(**model.facts_["sizes"])
    source = _source(model, X)
    firsts = [_first(one, begin) for one in source.series]
    windows = [
        window
        for one, first in zip(source.series, firsts, strict=True)
        for window in windows_of(one, sizes, first, stride or sizes.horizon)
    ]
    if not windows:
        raise DataError(f"begin: expected steps after the first origin, got none: nothing comes after {begin!r}.")
    found = Comparison(windows)
    fits = 0
    if refit:
        for one, at in _learned_anew(model, source, windows):
            one._forecasts().compared(at, found)
            fits += 1
    else:
        model._forecasts().compared(windows, found)
    parts = {"model": found.model, **found.others}
    return Backtest(
        found.figures(model.facts_.get("rival")),
        sum(window.origins for window in windows),
        fits,
        _names(source),
        {name: Errors.by_horizon(one) for name, one in parts.items()},
        {name: Errors.by_column(one) for name, one in parts.items()},
    )


def _source(model: Forecaster, X: Any) -> _Source:
    """What the model reads of ``X``: its warnings and errors are those of ``predict``."""
    if not is_file_or_frame(X):
        return _Source(model._series(X, model.facts_)[0], None)
    times = model.facts_.get("times")
    table = table_of_times(X, model.get_params(deep=False), None if times is None else Chosen(**times))
    return _Source(model._series(table, model.facts_)[0], table)


def _first(series: TimedSeries, begin: float | str) -> int:
    """The first origin: after a share of the steps, or the first step not before a moment."""
    share = _number(begin)
    if share is not None and 0 < share < 1:
        return first_origin(len(series), 1 - share)
    dated = series.stamps.dtype.kind == "M"
    try:
        if dated and share is not None and not _A_YEAR[0] <= share <= _A_YEAR[1]:
            raise ValueError(begin)  # no share, and no year
        moment = np.datetime64(str(begin), "us") if dated else float(begin)
    except ValueError:
        first = np.datetime_as_string(series.stamps[0], "D") if dated else series.stamps[0]
        raise UsageError(f"begin: expected a share between 0 and 1, or a moment as {first}, got {begin!r}.") from None
    return max(1, int(np.searchsorted(series.stamps, moment)))


def _number(begin: float | str) -> float | None:
    try:
        return float(begin)
    except ValueError:
        return None


def _learned_anew(
    model: Forecaster, source: _Source, windows: Sequence[Window]
) -> Iterator[tuple[Forecaster, list[Window]]]:
    """For each moment of an origin, in their order, a model that learned what was known then, and its windows."""
    origins: dict[Any, list[Window]] = {}
    for window in windows:
        for at in window.at.tolist():
            one = dataclasses.replace(window, begin=max(0, at + 1 - window.sizes.past), first=at, end=at + 1)
            origins.setdefault(window.series.stamps[at], []).append(one)
    sizes = windows[0].sizes
    fixed = {name: getattr(sizes, name) for name in ("horizon", "past", "season", "lags")}
    share = _HELD_OUT if model._share is None else model._share
    for moment in sorted(origins):
        again = type(model)(**{**model.get_params(deep=False), **fixed})
        with warnings.catch_warnings():  # said already, or of the part that is known so far
            warnings.simplefilter("ignore", SeqloomWarning)
            again.fit(source.until(moment), validation=share, progress=False)
        yield again, origins[moment]


def _names(source: _Source) -> tuple[str, ...]:
    """Those of the columns; numbers where they have none."""
    if source.table is not None:
        return source.table.columns
    return tuple(str(place) for place in range(source.series[0].values.shape[1]))
