"""One step after another: against what is written out by hand, and beside all steps at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seqloom.probes.mackey_glass import mackey_glass
from seqloom.tasks.forecasting.correction import LEVELS
from seqloom.tasks.forecasting.forecaster import Forecaster
from seqloom.tasks.forecasting.known import sizes_of
from seqloom.tasks.forecasting.windows import windows_of

BRIEF = {"steps": 4, "epochs": None, "device": "cpu"}


def fitted(X: Any, spec: str = "gru(4)", **more: Any) -> Forecaster:
    given = {"horizon": 5, "horizon_by": "recursive", "training": BRIEF, **more}
    return Forecaster(spec, **given).fit(X, progress=False)


def autoregression(steps: int = 600) -> np.ndarray:
    draw, moves = np.random.default_rng(0), np.zeros(steps)
    for step in range(1, steps):
        moves[step] = 0.7 * moves[step - 1] + draw.normal()
    return moves.cumsum()


def test_an_autoregression_goes_on_as_it_does() -> None:
    values = autoregression()
    model = fitted([values])
    (found,) = model.predict([values])
    said = values[-1] + (values[-1] - values[-2]) * np.cumsum(0.7 ** np.arange(1, 6))
    assert (np.abs(found[:, 0] - said) < 0.5 * np.abs(values[-1] - said)).all()
    assert (model.model_.shape.horizon, found.shape) == (1, (5, 1))
    assert "linear model of the lags" in model.validation_.baselines
    assert 0.7 < model.evaluate([values], share=0.2).model["coverage_80"] < 0.9


def test_the_spread_grows_with_the_steps() -> None:
    model = fitted([np.random.default_rng(0).normal(size=400).cumsum()])
    window = model._last([np.random.default_rng(1).normal(size=400).cumsum()])[0]
    quantiles = model._forecasts().quantiles(window)
    spread = (quantiles[11] - quantiles[3])[0, :, 0]
    np.testing.assert_allclose(spread / spread[0], np.sqrt(np.arange(1, 6)), rtol=0.3)
    assert (np.diff(quantiles, axis=0) >= 0).all()
    assert len(quantiles) == len(LEVELS)


def test_one_origin_does_not_change_another() -> None:
    values = autoregression(300)
    model = fitted([values])
    (series,) = model._series([values], model.facts_)[0]
    forecasts = model._forecasts()
    *_, window = windows_of(series, sizes_of(model.facts_), 200)
    whole = forecasts.quantiles(window)
    alone = forecasts.quantiles(replace(window, first=window.end - 1))
    np.testing.assert_allclose(alone[:, 0], whole[:, -1], atol=1e-5)


def test_of_one_step_it_is_the_direct_one() -> None:
    values = autoregression(300)
    one, other = (fitted([values], horizon=1, horizon_by=by).predict([values])[0] for by in ("direct", "recursive"))
    np.testing.assert_allclose(one, other, rtol=1e-5)


@pytest.mark.slow
def test_a_reservoir_runs_free_on_a_chaotic_series() -> None:
    values = np.asarray(mackey_glass(3600, seed=0)).reshape(-1)
    spec = "esn(400, radius=0.79, density=0.0125, decay=0.5, gain=0.55, input_scale=0.3, bias_scale=0.5)"
    model = fitted([values[:3000]], spec, horizon=84, lags=0, past=1000)
    found = model.backtest([values], begin=3000.0, stride=84)
    last = np.array(found.by_horizon["model"]["mse"])[-1]
    assert np.sqrt(last / values.var()) < 0.01
