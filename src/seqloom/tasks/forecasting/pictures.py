"""Pictures of forecasts: over the past, residuals, by steps ahead, and how much their intervals hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.times import TimedSeries
from seqloom.tasks.forecasting.correction import LEVELS, MEDIAN
from seqloom.tasks.forecasting.judging import Comparison
from seqloom.tasks.forecasting.known import sizes_of
from seqloom.tasks.forecasting.windows import Window, windows_of

if TYPE_CHECKING:
    from seqloom.tasks.forecasting.forecaster import Forecaster

__all__ = ["draw_forecasts"]

Floats = NDArray[np.float64]
_BANDS: Final = (0.025, 0.1, 0.5, 0.9, 0.975)
_MOST: Final = 4
_AHEAD: Final = 12
"""Steps that a fan has at least: of shorter forecasts some stand one behind the other."""


def draw_forecasts(model: Forecaster, folder: Path, X: Any) -> dict[Path, str]:
    """See :meth:`Forecaster.draw`; of many series and columns the first four are drawn."""
    from seqloom.inspection.forecasts import Fan, Residuals, draw_by_horizon, draw_coverage, draw_fans, draw_residuals

    facts = model.facts_
    series, sizes, forecasts = model._series(X, facts)[0], sizes_of(facts), model._forecasts()
    folder.mkdir(parents=True, exist_ok=True)
    windows = [window for one in series for window in windows_of(one, sizes)]
    compared, left = Comparison(windows), dict[int, list[Floats]]()
    for window, quantiles in forecasts.followed(windows):
        compared.add(window, forecasts.inputs(window).scale, quantiles, forecasts.linear(window))
        left.setdefault(id(window.series), []).append(window.future[:, 0] - quantiles[MEDIAN][:, 0])
    fans, residuals = [], []
    for number, one in enumerate(series):
        last = _last(one, model)
        found = np.concatenate(forecasts.at(last, _BANDS))
        shown = max(0, last.first + 1 - max(3 * sizes.horizon, 2 * sizes.season, 24))
        after = one.values[last.first + 1 :]
        for place, name in enumerate(_names(model, one.name or str(number), len(series) > 1)):
            past = one.values[shown : last.first + 1, place]
            fans.append(Fan(name, past, found[:, place], after[: len(found), place]))
            residuals.append(
                Residuals(name, np.concatenate(left.get(id(one), [np.zeros((0, len(after[0])))]))[:, place])
            )
    errors = {name: part.by_horizon()["mase"] for name, part in compared.others.items()}
    names = ("forecasts", "residuals", "error_by_horizon", "coverage")
    fan, residual, ahead, coverage = (folder / f"{name}.png" for name in names)
    draw_fans(fans[:_MOST], fan, sizes.horizon if sizes.horizon < _AHEAD else None)
    draw_residuals(residuals[:_MOST], residual)
    draw_by_horizon({"model": compared.model.by_horizon()["mase"], **errors}, "mean absolute scaled error", ahead)
    draw_coverage(LEVELS, compared.model.below(), coverage)
    return {
        fan: "What came should lie within the bands: in the dark one four times of five.",
        residual: "What is left should lie about 0 without a pattern: a season or a slope is one that was not learned.",
        ahead: "A line below those of the simple forecasts is skill; 1 is as good as the last season was in training.",
        coverage: "On the diagonal intervals hold what they promise; flatter, they are too narrow in the middle.",
    }


def _last(series: TimedSeries, model: Forecaster) -> Window:
    """The last origins whose steps are known, a horizon apart."""
    sizes = sizes_of(model.facts_)
    count = -(-_AHEAD // sizes.horizon)
    last = max(0, len(series) - 1 - sizes.horizon)
    first = max(last % sizes.horizon, last - (count - 1) * sizes.horizon)
    return Window(series, 0, first, last + 1, sizes, sizes.horizon)


def _names(model: Forecaster, series: str, several: bool) -> list[str]:
    """Of the columns, with that of the series where there are several."""
    width = model.facts_["width"]
    plain = [f"column {place}" for place in range(width)] if width > 1 else ["value"]
    columns = model.facts_.get("times", {}).get("targets") or plain
    return [f"{series}: {name}" if several else name for name in columns]
