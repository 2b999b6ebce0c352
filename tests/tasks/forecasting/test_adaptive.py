"""Intervals that follow a series: shares that hold whatever it does, and nothing learned of what has not come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from seqloom.models.distributions import Gaussian
from seqloom.tasks.forecasting.adaptive import Adaptive
from seqloom.tasks.forecasting.correction import LEVELS, MEDIAN, Correction, quantiles_of
from seqloom.tasks.forecasting.forecaster import Forecaster

SAID = quantiles_of(Gaussian(), torch.tensor([0.0, float(np.log(np.expm1(1.0)))]).expand(3, 1, 2))


def covered(correction: Correction, factor: np.ndarray, low: int, high: int) -> np.ndarray:
    """The share (H,) of values, larger by a factor (T,) than is said, that came into an interval."""
    values = factor * np.random.default_rng(0).normal(size=len(factor))
    follower, inside = Adaptive(correction, 1), np.zeros((len(values), 3), bool)
    for step in range(len(values) - 3):
        follower.came(step, values[[step]])
        found = follower.forecast(step, SAID)[..., 0]
        ahead = values[step + 1 : step + 4]
        inside[step] = (found[low] <= ahead) & (ahead <= found[high])
    return inside.mean(0)


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_intervals_hold_where_the_spread_is_another(factor: float) -> None:
    correction, drift = Correction.none(3)._replace(origins=500), factor * np.linspace(1, 1.5, 3000)
    for low, high in ((1, 13), (3, 11)):
        share = LEVELS[high] - LEVELS[low]
        still = covered(correction._replace(origins=0), drift, low, high)
        away = np.abs(covered(correction, drift, low, high) - share)
        assert (away < max(0.01, 0.35 * abs(still[0] - share))).all()


def test_a_step_in_the_rate_is_what_the_formula_says() -> None:
    follower = Adaptive(Correction.none(3)._replace(origins=100), 1)
    first = follower.forecast(0, SAID)
    follower.came(1, np.array([0.0]))
    moved = (follower.forecast(1, SAID) - first)[..., 0] / (SAID[11] - SAID[3])[..., 0]
    hit = np.arange(len(LEVELS)) >= MEDIAN
    expected = 0.025 * (np.array(LEVELS) - hit)
    expected[MEDIAN] = 0.0
    np.testing.assert_allclose(moved[:, 0], expected, atol=1e-9)
    assert not moved[:, 1:].any()


def test_what_is_missing_teaches_nothing() -> None:
    follower = Adaptive(Correction.none(3)._replace(origins=100), 1)
    first = follower.forecast(0, SAID)
    follower.came(1, np.array([np.nan]))
    np.testing.assert_array_equal(follower.forecast(1, SAID), first)


def calmer(T: int = 500) -> np.ndarray:
    """A walk whose steps are a quarter as large after 300."""
    return (np.random.default_rng(0).normal(size=T) * np.where(np.arange(T) < 300, 1.0, 0.25)).cumsum()


def fitted(X: Any, **more: Any) -> Forecaster:
    training = {"steps": 4, "epochs": None, "device": "cpu"}
    return Forecaster("gru(4)", training=training, **{"horizon": 3, **more}).fit(X, validation=0.3, progress=False)


def test_an_evaluation_follows_a_series_as_a_stream_does() -> None:
    values = calmer()
    model = fitted([values[:300]])
    adaptive, still = (
        _with_origins(model, origins).backtest([values], begin=300.0, stride=1).figures.model["coverage_80"]
        for origins in (90, 0)
    )
    assert 0.8 < adaptive < still - 0.04
    model = _with_origins(model, 90)
    stream = model.stream()
    for value in values[:301]:
        stream.push(value)
    for value in values[301:]:
        stream.forecast()
        stream.push(value)
    levels = [LEVELS[3], LEVELS[11]]
    found = np.moveaxis(_at_end(model, values)[[3, 11]], 0, -1)
    np.testing.assert_allclose(stream.forecast(levels), found, atol=0.003)  # windows begin later than the stream


def _with_origins(model: Forecaster, origins: int) -> Forecaster:
    model.facts_["correction"]["origins"] = origins
    return model


def _windows(model: Forecaster, values: np.ndarray, first: int) -> list[Any]:
    from seqloom.tasks.forecasting.known import sizes_of
    from seqloom.tasks.forecasting.windows import windows_of

    (series,) = model._series([values], model.facts_)[0]
    return [*windows_of(series, sizes_of(model.facts_), first)]


def _at_end(model: Forecaster, values: np.ndarray) -> np.ndarray:
    """The quantiles (L, H, D) at the last step, by windows over the series with a step that is cut off again."""
    longer = np.append(values, values[-1])
    *_, (_, quantiles) = model._forecasts().followed(_windows(model, longer, 300))
    return quantiles[:, -1]


def test_later_values_change_no_earlier_forecast() -> None:
    values = calmer()
    model, moved = fitted([values[:300]]), values.copy()
    moved[451:] += 1000
    found = []
    for some in (values, moved):
        parts = [quantiles for _, quantiles in model._forecasts().followed(_windows(model, some, 300))]
        found.append(np.concatenate(parts, 1)[:, : 451 - 300])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)
