"""Pictures of forecasts: over the past, by steps ahead, and how much their intervals hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqloom.tasks.forecasting.correction import LEVELS
from seqloom.tasks.forecasting.picks import Sizes
from seqloom.tasks.forecasting.windows import Window, windows_of

if TYPE_CHECKING:
    from seqloom.tasks.forecasting.forecaster import Forecaster

__all__ = ["draw_forecasts"]

_BANDS = (0.025, 0.1, 0.5, 0.9, 0.975)
_MOST = 4


def draw_forecasts(model: Forecaster, folder: Path, X: Any) -> dict[Path, str]:
    """See :meth:`Forecaster.draw`; of many series and columns the first four are drawn."""
    from seqloom.inspection.forecasts import Fan, draw_by_horizon, draw_coverage, draw_fans

    facts = model.facts_
    series, sizes, forecasts = model._series(X, facts)[0], Sizes(**facts["sizes"]), model._forecasts()
    folder.mkdir(parents=True, exist_ok=True)
    names = facts.get("times", {}).get("targets") or [str(k) for k in range(facts["width"])]
    fans = []
    for number, one in enumerate(series):
        at = max(0, len(one) - 1 - sizes.horizon)
        (found,) = forecasts.at(Window(one, 0, at, at + 1, sizes), _BANDS)
        shown = max(0, at + 1 - max(3 * sizes.horizon, 2 * sizes.season, 24))
        whose = f"{one.name or number}: " if len(series) > 1 else ""
        for place, name in enumerate(names):
            past, came = one.values[shown : at + 1, place], one.values[at + 1 :, place]
            fans.append(Fan(f"{whose}{name}", past, found[:, place], came))
    compared = forecasts.compared([window for one in series for window in windows_of(one, sizes)])
    errors = {name: part.by_horizon()["mase"] for name, part in compared.others.items()}
    fan, ahead, coverage = (folder / f"{name}.png" for name in ("forecasts", "error_by_horizon", "coverage"))
    draw_fans(fans[:_MOST], fan)
    draw_by_horizon({"model": compared.model.by_horizon()["mase"], **errors}, "mean absolute scaled error", ahead)
    draw_coverage(LEVELS, compared.model.below(), coverage)
    return {
        fan: "What came should lie within the bands: in the dark one four times of five.",
        ahead: "A line below those of the simple forecasts is skill; 1 is as good as the last season was in training.",
        coverage: "On the diagonal intervals hold what they promise; flatter, they are too narrow in the middle.",
    }
