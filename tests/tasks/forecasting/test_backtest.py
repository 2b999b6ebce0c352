"""Forecasts from rolling origins: which origins, what was known at each, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.tasks.forecasting.backtest import _learned_anew, _Source
from seqloom.tasks.forecasting.columns import series_of
from seqloom.tasks.forecasting.forecaster import Forecaster
from seqloom.tasks.forecasting.picks import Sizes
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.windows import windows_of

DAYS = np.arange("2024-01-01", "2024-05-30", dtype="datetime64[D]")
SIZES = Sizes(horizon=3, past=8, season=4, lags=3, origins=4)


def walk(columns: int = 1) -> np.ndarray:
    return 50 + np.random.default_rng(0).normal(size=(150, columns)).cumsum(0)


def fitted(X: Any, **more: Any) -> Forecaster:
    training = {"steps": 4, "epochs": None, "device": "cpu"}
    return Forecaster("gru(4)", horizon=3, season=7, lags=7, training=training, **more).fit(X, progress=False)


@pytest.mark.parametrize("stride", [1, 3, 5])
def test_windows_have_every_so_many_origins(stride: int) -> None:
    series = series_of([walk()])[0]
    windows = list(windows_of(series, SIZES, 20, stride))
    assert [at for one in windows for at in one.at.tolist()] == list(range(20, 149, stride))
    whole = next(windows_of(series, SIZES._replace(origins=200), 20))
    assert np.array_equal(np.concatenate([one.future for one in windows]), whole.future[::stride], equal_nan=True)
    assert np.array_equal(np.concatenate([one.present for one in windows]), whole.present[::stride])
    unit = Scale(*[np.ones(1)] * 4, np.zeros(1), np.zeros((1, 0)))
    assert all(len(one.targets(unit, 3)) == one.end - one.begin for one in windows)


def test_from_every_origin_it_is_the_evaluation() -> None:
    model = fitted([walk(2)])
    found, evaluated = model.backtest([walk(2)], begin=0.7, stride=1), model.evaluate([walk(2)], share=0.3)
    assert found.figures == evaluated
    assert (found.fits, found.origins, found.columns) == (0, 45, ("0", "1"))
    # the last origins know fewer of the steps ahead, so the parts are weighted by how many they know
    known = np.array([45, 44, 43])
    for name, values in found.by_horizon["model"].items():
        assert np.average(values, weights=known) == pytest.approx(evaluated.model[name]), name
    for name, values in found.by_column["last season"].items():
        assert np.mean(values) == pytest.approx(evaluated.baselines["last season"][name]), name


def test_a_stride_leaves_origins_out() -> None:
    model = fitted([walk()])
    assert model.backtest([walk()], begin=0.7, stride=10).origins == 5
    assert model.backtest([walk()], begin=0.7).origins == 15


def test_refitted_models_know_only_what_was_known() -> None:
    model, values = fitted([walk()]), walk()
    moved = values.copy()
    moved[101:] += 1000
    sizes = Sizes(**model.facts_["sizes"])
    models = []
    for some in (values, moved):
        series = series_of([some])
        windows = [*windows_of(series[0], sizes, 100, 1000)]
        models += [one for one, _ in _learned_anew(model, _Source(series, None), windows)]
    one, other = models
    assert one.facts_["common"] == other.facts_["common"]
    for name, weights in one.model_.state_dict().items():
        assert weights.equal(other.model_.state_dict()[name]), name
    assert not one.model_.linear.equal(model.model_.linear)


def test_a_table_with_gaps_is_tested_with_refits_from_a_moment(tmp_path: Path) -> None:
    rows = [f"{day},{shop},{value:.3f}\n" for day, value in zip(DAYS, walk()[:, 0], strict=True) for shop in "ab"]
    gone = [row for k, row in enumerate(rows) if k not in (40, 41, 246, 247, 274)]
    (tmp_path / "gaps.csv").write_text("day,shop,sales\n" + "".join(gone))
    with pytest.warns(SeqloomWarning, match="missing steps"):
        model = fitted(tmp_path / "gaps.csv")
    with pytest.warns(SeqloomWarning, match="missing steps"):
        found = model.backtest(tmp_path / "gaps.csv", begin="2024-05-01", stride=14, refit=True)
    assert (found.fits, found.origins, found.columns) == (2, 4, ("sales",))
    assert found.figures.count == 4 * 3 - 3
    assert all(np.isfinite(values).all() for part in found.by_horizon.values() for values in part.values())


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"begin": "soon"}, UsageError, "begin: expected a share between 0 and 1, or a moment as 0.0, got 'soon'"),
        ({"begin": 1000.0}, DataError, "nothing comes after 1000.0"),
        ({"stride": 0}, UsageError, "stride: expected steps between two origins, 1 or more, got 0"),
        ({"begin": 0.01, "refit": True}, DataError, "cannot be learned from that"),
    ],
)
def test_what_cannot_be_tested(given: dict[str, Any], error: type[Exception], said: str) -> None:
    model = fitted([walk()])
    with pytest.raises(error, match=said):
        model.backtest([walk()], **given)


def gaps() -> np.ndarray:
    values = walk(2)
    values[100:103], values[140, 1] = np.nan, np.nan
    return values


@pytest.mark.parametrize(("horizon", "values"), [(1, [walk(2)]), (3, [gaps()]), (20, [walk(2)[:9], walk(2)])])
def test_forecasts_are_drawn(tmp_path: Path, horizon: int, values: Any) -> None:
    pytest.importorskip("matplotlib")
    training = {"steps": 2, "epochs": None, "device": "cpu"}
    model = Forecaster("gru(4)", horizon=horizon, season=7, lags=7, training=training).fit([walk(2)], progress=False)
    pictures = model.draw(tmp_path / "new", values)
    assert [one.stem for one in pictures] == ["forecasts", "residuals", "error_by_horizon", "coverage"]
    assert all(one.read_bytes().startswith(b"\x89PNG") for one in pictures)


def test_residuals_are_what_came_less_what_was_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    model, drawn = fitted([walk()]), []
    monkeypatch.setattr("seqloom.inspection.forecasts.draw_residuals", lambda rows, _: drawn.extend(rows))
    model.draw(tmp_path, [walk()])
    ((name, values),) = drawn
    assert (name, len(values)) == ("value", 148)
    said = model.predict([walk()[: 1 + 80]])[0][0, 0]
    assert values[80 - 1] == pytest.approx(walk()[81, 0] - said)
