"""Exponential smoothing as a forecast to beat: what it is fitted to, and when it is there."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pytest

from seqloom.tasks.forecasting.columns import series_of
from seqloom.tasks.forecasting.judging import Comparison
from seqloom.tasks.forecasting.naive import naive
from seqloom.tasks.forecasting.picks import Sizes
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.smoothing import Smoothing
from seqloom.tasks.forecasting.windows import Window, windows_of

SIZES = Sizes(horizon=3, past=40, season=4, lags=3, origins=10)


class MeanOfAll:
    """In place of AutoETS: says the mean of what it was fitted to, plus the last value that it reads."""

    fitted: list[tuple[int, int]] = []

    def __init__(self, season_length: int) -> None:
        self.season = season_length

    def fit(self, y: np.ndarray) -> MeanOfAll:
        assert not np.isnan(y).any()
        self.mean = y.mean()
        self.fitted.append((self.season, len(y)))
        return self

    def forward(self, y: np.ndarray, h: int) -> dict[str, np.ndarray]:
        return {"mean": self.mean + y[-1] + np.zeros(h)}


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The season and the number of values of each fit."""
    for name in ("statsforecast", "statsforecast.models"):
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(sys.modules["statsforecast.models"], "AutoETS", MeanOfAll, raising=False)
    monkeypatch.setattr(MeanOfAll, "fitted", [])
    return MeanOfAll.fitted


def windows(values: np.ndarray, first: int, sizes: Sizes = SIZES) -> list[Window]:
    return [*windows_of(series_of([values])[0], sizes, first)]


def test_it_is_fitted_to_what_was_known_and_reads_on(fitted: list[tuple[int, int]]) -> None:
    values = np.random.default_rng(0).normal(size=100).cumsum()
    values[:3], values[50] = np.nan, np.nan
    smoothing, known = Smoothing(), values.copy()
    known[50] = known[49]
    for window in windows(values, 20):
        for at, found in zip(window.at, smoothing(window)[:, 0, 0], strict=True):
            steps = max(length for length in (18, 27, 41, 62, 93) if length <= at - 2)
            assert found == pytest.approx(known[3 : 3 + steps].mean() + known[at])
    assert fitted == [(4, 18), (4, 27), (4, 41), (4, 62), (4, 93)]


def test_a_long_season_is_none_and_what_never_changes_stays(fitted: list[tuple[int, int]]) -> None:
    (one, *_) = windows(np.arange(80.0), 60, SIZES._replace(season=48))
    Smoothing()(one)
    assert fitted == [(1, 61)]
    for values, first in ((np.full(80, 2.0), 60), (np.arange(80.0), 4)):
        window = windows(values, first, SIZES._replace(origins=4))[0]
        assert Smoothing()(window)[..., 0].tolist() == [[values[at]] * 3 for at in window.at]
    assert len(fitted) == 1


def test_it_is_there_where_it_is_installed_and_columns_are_few(fitted: list[tuple[int, int]]) -> None:
    walks = np.random.default_rng(0).normal(size=(60, 11)).cumsum(0)
    assert "exponential smoothing" in naive(windows(walks[:, :10], 40))
    assert "exponential smoothing" not in naive(windows(walks, 40))
    some = windows(walks[:, :1], 40)
    found = Comparison(some)
    for window in some:
        found.add_naive(window, Scale.learned([walks[:, :1]], 3, 4))
    assert len(fitted) == 1
    assert found.baselines()["exponential smoothing"]["mse"] > 0


def test_without_statsforecast_it_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqloom.tasks.forecasting.smoothing.find_spec", lambda name: None)
    assert list(naive(windows(np.arange(80.0), 60))) == ["last value", "last season", "drift", "last season and growth"]


def test_the_installed_one_knows_a_season() -> None:
    pytest.importorskip("statsforecast")
    time = np.arange(120)
    values = 100 + time + 10 * np.sin(time * np.pi / 2) + np.random.default_rng(0).normal(size=120)
    for window in windows(values, 100):
        assert np.nanmean(np.abs(Smoothing()(window) - window.future)) < 2
