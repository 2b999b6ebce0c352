"""Logarithms, trends, seasons and known columns: chosen where they are in the data, and only there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqloom.data.made.series import made_series
from seqloom.errors import DataError
from seqloom.probes.mackey_glass import mackey_glass
from seqloom.tasks.forecasting.columns import series_of
from seqloom.tasks.forecasting.forecaster import Forecaster
from seqloom.tasks.forecasting.picks import Sizes
from seqloom.tasks.forecasting.scaling import Scales, learned_scales
from seqloom.tasks.forecasting.windows import Window

MONTHS = np.arange("1949-01", "1961-01", dtype="datetime64[M]").astype("datetime64[D]")
AIRLINE = """112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140
145 150 178 163 172 178 199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172 194
196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264 302 293 259 229 203 229
242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 318 374 413 405 355 306 271 306
315 301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 359 310 337
360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432"""
"""Passengers of airlines in thousands, 1949 to 1960 (Box & Jenkins, 1976, series G)."""


def learned(values: Any, season: int = 12, **more: Any) -> Scales:
    series = series_of([values])[0]
    sizes = Sizes(horizon=season, past=4 * season, season=season, lags=season, origins=4)
    return learned_scales([Window(series, 0, len(series) - 1, len(series), sizes)], season, more.get("logarithms"))


@pytest.mark.parametrize("seed", range(5))
def test_what_grows_with_its_level_is_read_as_logarithms(seed: int) -> None:
    scales = learned(made_series(108, seed))
    assert (scales.common.floor > 0).all()
    assert scales.common.effects.shape == (1, 13)


@pytest.mark.parametrize("seed", range(5))
def test_a_walk_has_neither_logarithms_nor_a_season_nor_a_trend(seed: int) -> None:
    values = 100 + np.random.default_rng(seed).normal(size=400).cumsum()
    scales = learned(values)
    assert scales.common.effects.shape == (1, 0)
    level = 50 + np.random.default_rng(seed).normal(size=(120, 1)) + 9 * np.eye(12)[np.arange(120) % 12, :1]
    assert not learned(level).common.floor.any()


@pytest.mark.parametrize("months", [81, 88, 108])
def test_a_trend_does_not_depend_on_where_in_a_season_the_values_end(months: int) -> None:
    season = np.log(1 + 0.4 * np.sin(np.arange(12)))
    for seed in range(3):
        noise = 0.02 * np.random.default_rng(seed).normal(size=months)
        scale = learned(np.exp(5 + 0.007 * np.arange(months) + season[np.arange(months) % 12] + noise)).common
        assert (scale.effects[:, 0] * scale.move).item() == pytest.approx(0.007, abs=3e-4)


@pytest.mark.parametrize("seed", [3, 7, 9])
def test_what_comes_back_has_no_trend(seed: int) -> None:
    values = np.asarray(mackey_glass(2550, seed=seed), np.float64).reshape(-1)
    series = series_of([values])[0]
    sizes = Sizes(horizon=84, past=1000, season=1, lags=0, origins=63)
    scale = learned_scales([Window(series, 0, 2465, 2550, sizes)], 1, False).common
    assert scale.effects.shape == (1, 0)


def test_columns_are_chosen_one_by_one() -> None:
    values = np.stack([made_series(108, 0), np.random.default_rng(0).normal(size=108).cumsum() + 60], 1)
    scales = learned(values)
    assert (scales.common.floor > 0).tolist() == [True, False]
    assert not scales.common.effects[1].any()


def test_logarithms_as_they_are_asked_for() -> None:
    values = made_series(108, 0)
    assert not learned(values, logarithms=False).common.floor.any()
    assert learned(values, logarithms=True).common.floor.all()
    with pytest.raises(DataError, match="logarithms: expected values above 0, got -"):
        learned(values - 1000, logarithms=True)


BRIEF = {"steps": 2, "epochs": None, "device": "cpu"}


def test_what_is_picked_is_said_in_the_line_of_picks() -> None:
    for values, said in ((made_series(120, 0), True), (np.random.default_rng(0).normal(size=120).cumsum(), None)):
        model = Forecaster("gru(4)", horizon=12, season=12, training=BRIEF).fit([values], progress=False)
        assert model.facts_["picked"].get("logarithms") is said


@pytest.mark.parametrize("values", [list(map(float, AIRLINE.split())), made_series(144, 1)], ids=["published", "made"])
def test_better_than_last_year_and_growth_or_the_verdict_says_no(values: Any) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"month": MONTHS.astype(str), "value": np.asarray(values)})
    model = Forecaster("gru(4)", horizon=12, training=BRIEF).fit(frame[:108], validation=0.25, progress=False)
    found = model.backtest(frame, begin=0.75, stride=1).figures
    rival = found.baselines["last season and growth"]
    assert model.facts_["rival"] == "last season and growth"
    assert rival["mase"] < found.baselines["last season"]["mase"]
    if values[0] == 112:
        assert found.notes[0].startswith("Too few forecasts that do not overlap")
    else:
        assert found.model["mase"] < rival["mase"]
