"""Columns beside what is forecast: what is known ahead, what is read also, and what is static."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.data.tables import read_table
from seqloom.data.times import Covariates, TimeColumns, read_timed
from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.tasks.forecasting.door import claims_times
from seqloom.tasks.forecasting.effects import effects_of
from seqloom.tasks.forecasting.forecaster import Forecaster
from seqloom.tasks.registry import load

STEPS, AHEAD = 200, 4
DAYS = np.arange("2024-01-01", "2025-01-01", dtype="datetime64[D]").astype(str)
DRAW = np.random.default_rng(0)
PROMO = (DRAW.random(STEPS + AHEAD) < 0.3).astype(int)
SALES = 100 + 20 * PROMO[:STEPS] + DRAW.normal(size=STEPS).cumsum()


def table(path: Path, ahead: int = AHEAD, gone: int | None = None) -> Path:
    """Days, sales, a promotion that is known so many days ahead, and a temperature."""
    rows = [f"{DAYS[k]},{SALES[k]:.4f},{PROMO[k]},{k % 9}\n" for k in range(STEPS)]
    later = [f"{DAYS[k]},,{'' if k == gone else PROMO[k]},\n" for k in range(STEPS, STEPS + ahead)]
    path.write_text("day,sales,promo,heat\n" + "".join([*rows, *later]))
    return path


def fitted(source: Any, **more: Any) -> Forecaster:
    training = {"steps": 4, "epochs": None, "device": "cpu"}
    given = {"horizon": AHEAD, "target": "sales", "known": "promo", "also": "heat", "training": training, **more}
    return Forecaster("gru(4)", **given).fit(source, progress=False)


def test_what_is_known_ahead_is_forecast_with(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv")
    model = fitted(path)
    (found,) = model.predict(path)
    effect = 20 * (PROMO[STEPS:] - PROMO[STEPS - 1])
    assert np.abs(found[:, 0] - SALES[-1] - effect).max() < 5
    lines = "".join(model.written(path)).splitlines()
    assert [line[:10] for line in lines[1:]] == DAYS[STEPS : STEPS + AHEAD].tolist()
    alone = Forecaster("gru(4)", horizon=AHEAD, target="sales", known="heat", training=model.training, season=1).fit(
        path, progress=False
    )
    assert model.validation_.model["mase"] < 0.5 * alone.validation_.model["mase"]


def test_what_it_adds_is_found_beside_an_autoregression() -> None:
    draw = np.random.default_rng(0)
    cause, rest = draw.normal(size=(900, 2)), np.zeros((900, 1))
    for step in range(1, 900):
        rest[step] = 0.7 * rest[step - 1] + draw.normal()
    moves = rest[1:] + np.diff(cause @ [[3.0], [-1.0]], axis=0)
    moves[50] = np.nan
    found = effects_of([moves], [np.diff(cause, axis=0)], lags=4)
    np.testing.assert_allclose(found.values, [[3.0, -1.0]], atol=0.15)
    assert found.left[0] / found.rows == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("horizon_by", ["direct", "recursive"])
def test_a_stream_says_what_the_whole_says(tmp_path: Path, horizon_by: str) -> None:
    path = table(tmp_path / "a.csv")
    model = fitted(path, horizon_by=horizon_by)
    stream = model.stream()
    for k in range(STEPS):
        stream.push(round(SALES[k], 4), DAYS[k], [PROMO[k], k % 9])
    known = PROMO[STEPS:, None]
    levels = (0.1, 0.5, 0.9)
    (whole,) = model.predict(path, levels)
    np.testing.assert_allclose(stream.forecast(levels, known), whole, rtol=1e-5)
    with pytest.raises(DataError, match=r"known: expected finite numbers \(4, 1\) of the next steps, got None"):
        stream.forecast()
    with pytest.raises(DataError, match="Expected 2 finite numbers beside the values"):
        stream.push(1.0, DAYS[0])
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(path, levels)[0], whole)


@pytest.mark.parametrize(
    ("ahead", "gone", "said"),
    [
        (AHEAD, STEPS + 2, f"line {STEPS + 4}, column promo: expected a number, got nothing"),
        (2, None, "after 2024-07-18: expected 4 rows more with 'promo', got 2"),
        (0, None, "expected 4 rows more with 'promo', got 0"),
    ],
)
def test_a_future_that_is_not_known_is_refused(tmp_path: Path, ahead: int, gone: int | None, said: str) -> None:
    model = fitted(table(tmp_path / "a.csv"))
    path = table(tmp_path / "b.csv", ahead, gone)
    with pytest.raises(DataError, match=said):
        model.predict(path)
    assert np.isfinite(model.evaluate(path).model["mase"])


def test_a_row_that_is_missing_ahead_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv")
    model = fitted(path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-2] + lines[-1:]))
    said = "3 steps after 2024-07-18, column promo"
    with pytest.warns(SeqloomWarning, match="1 missing steps"), pytest.raises(DataError, match=said):
        model.predict(path)


def test_backtests_know_ahead_what_was_known(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv")
    model = fitted(path)
    found = model.backtest(path, begin=0.9, stride=8, refit=True)
    assert found.fits == found.origins == 3
    assert found.figures.model["mase"] < 0.5 * found.figures.baselines["last value"]["mase"]


def shops(path: Path, towns: dict[str, str]) -> Path:
    rows = [
        f"{DAYS[k]},{shop},{np.sin(k + len(shop)):.4f},{town},{len(shop)}\n"
        for shop, town in towns.items()
        for k in range(60)
    ]
    path.write_text("day,shop,sales,town,size\n" + "".join(rows))
    return path


def test_static_columns_are_numbers_or_words(tmp_path: Path) -> None:
    path = shops(tmp_path / "a.csv", {"a": "Ulm", "bb": "Rom", "ccc": "Ulm"})
    training = {"steps": 4, "epochs": None, "device": "cpu"}
    model = Forecaster("gru(4)", horizon=2, group="shop", static="town,size", training=training)
    model.fit(path, progress=False)
    assert model.facts_["static"] == [["Rom", "Ulm"], [2.0, pytest.approx(np.std([1, 2, 3]))]]
    first = model._forecasts().inputs(model._last(path)[1])
    np.testing.assert_allclose(first.static, [1, 0, 0])
    other = shops(tmp_path / "b.csv", {"a": "Bonn", "bb": "Rom", "ccc": "Ulm"})
    assert not np.array_equal(model.predict(other)[0], model.predict(path)[0])
    np.testing.assert_array_equal(model.predict(other)[2], model.predict(path)[2])
    text = (tmp_path / "a.csv").read_text().replace("2024-01-03,a,", "2024-01-03,a,", 1)
    (tmp_path / "c.csv").write_text(text.replace("Ulm", "Rom", 1))
    with pytest.raises(DataError, match="lines 2 and 3, column town: expected one value for all of a series"):
        model.predict(tmp_path / "c.csv")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"known": "promo,sales"}, "one use of each column, got more of 'sales'"),
        ({"known": "prom"}, "no column 'prom'.*Did you mean 'promo'"),
        ({"also": "promo"}, "one use of each column, got more of 'promo'"),
    ],
)
def test_columns_that_cannot_be(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        fitted(table(tmp_path / "a.csv"), **given)


def test_arrays_have_no_names() -> None:
    with pytest.raises(UsageError, match="known: columns have names in a file or a frame"):
        Forecaster("gru(4)", known="promo").fit([SALES], progress=False)


def test_named_columns_make_a_table_one_of_times(tmp_path: Path) -> None:
    path = shops(tmp_path / "a.csv", {"a": "Ulm", "bb": "Rom"})
    assert claims_times(path, {"group": "shop"}) is None
    assert claims_times(path, {"group": "shop", "static": "town,size"}) is not None


def test_rows_without_values_are_ahead_only_where_something_is_known(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv")
    plain = read_timed(read_table(path), TimeColumns("day", ["sales"]))
    assert (len(plain.series[0]), plain.remarks[0].endswith("4 missing numbers.")) == (STEPS + AHEAD, True)
    known = read_timed(read_table(path), TimeColumns("day", ["sales"], covariates=Covariates(("promo",))), strict=True)
    (series,) = known.series
    assert (len(series), series.known.shape, series.lines[-1]) == (STEPS, (STEPS + AHEAD, 1), STEPS + AHEAD + 1)
