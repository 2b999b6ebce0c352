"""A forecaster under watch: stream and batch agree, lines are read, faults ring, what is bad is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.data.times import TimedSeries
from seqloom.data.times.spacing import Even
from seqloom.errors import DataError, UsageError
from seqloom.tasks.forecasting.forecaster import Forecaster
from seqloom.tasks.forecasting.lines import TimedLines
from seqloom.tasks.forecasting.surprise import surprises_of

TRAINING = {"steps": 3, "epochs": None, "device": "cpu"}
SIZES: dict[str, Any] = {"horizon": 3, "past": 48, "season": 12, "lags": 12, "training": TRAINING}


def waves(steps: int, seed: int) -> np.ndarray:
    time = np.arange(steps)[:, None]
    return np.sin(time * np.pi / np.array([6, 5])) + 0.1 * np.random.default_rng(seed).normal(size=(steps, 2))


@pytest.fixture(scope="module")
def model() -> Forecaster:
    return Forecaster("gru(4)", **SIZES).fit([waves(1200, 0)], validation=0.5, progress=False)


@pytest.mark.parametrize("distribution", ["quantiles", "gaussian", "student-t"])
def test_a_stream_says_what_the_batch_says(distribution: str) -> None:
    model = Forecaster("gru(4)", **SIZES, distribution=distribution).fit([waves(200, 0)], progress=False)
    values = waves(160, 1)
    values[0], values[40:43, 0], values[80] = np.nan, np.nan, np.nan
    watcher = model.watch(calibrate=[waves(120, 2)])
    steps = watcher.over(values)
    batch = surprises_of(model._forecasts(), TimedSeries("", values, np.arange(160.0)), model.stream()._inputs.scale)
    assert [step.found is None for step in steps] == [one is None for one in batch]
    assert [place for place, one in enumerate(batch) if one is None] == [0, 1, 80]
    pairs = [(step.found, one) for step, one in zip(steps, batch, strict=True) if step.found and one]
    for name in ("nats", "residuals", "moves", "values", "settled"):
        one, other = ([getattr(each, name) for each in side] for side in zip(*pairs, strict=True))
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5, err_msg=name)
    first = model.facts_["sizes"]["past"] - model.facts_["sizes"]["origins"]
    assert [step.judged for step in steps[: first + 2]] == [False] * first + [True] * 2


def test_alarms_by_what_was_held_out_and_after_loading(model: Forecaster, tmp_path: Path) -> None:
    watcher = model.watch(0.02)
    assert watcher.steps == 598
    calm = watcher.over(waves(300, 1))
    assert np.mean([step.alarm for step in calm]) < 0.02
    watcher.reset()
    values = waves(150, 2)
    values[100, 1] += 3
    steps = watcher.over(values)
    assert "surprise" in {alarm.statistic for alarm in steps[100].alarms}
    model.save(tmp_path / "model")
    again = Forecaster.load(tmp_path / "model").watch(0.02)
    assert again.levels == watcher.levels
    assert [step.alarms for step in again.over(values)] == [step.alarms for step in steps]


def test_what_is_stuck_or_drifts_rings_by_its_column(model: Forecaster) -> None:
    for name, change in (("stuck", lambda x: np.full_like(x, x[0])), ("drift", lambda x: x + np.arange(len(x)) / 40)):
        watcher = model.watch(0.02)
        values = waves(160, 3)
        values[100:, 1] = change(values[100:, 1])
        rang = [(one.statistic, one.column) for step in watcher.over(values)[100:] for one in step.alarms]
        assert (name, "1") in rang


def test_a_model_that_kept_nothing(tmp_path: Path) -> None:
    model = Forecaster("gru(4)", **SIZES).fit([waves(120, 0)], validation=0.0, progress=False)
    with pytest.raises(UsageError, match="--calibrate FILE"):
        model.watch()
    assert model.watch(calibrate=[waves(200, 0), waves(200, 1)]).steps == 2 * (200 - 45)
    with pytest.raises(UsageError, match=r"rate: 0\.001 needs 3,999"):
        model.watch(0.001, calibrate=[waves(200, 0)])
    with pytest.raises(DataError, match="no step that alarms could be calibrated by"):
        model.watch(calibrate=[waves(20, 0)])


def read(lines: TimedLines, text: str) -> list[tuple[str, list[float | None]]]:
    found = [step for line in text.splitlines() for step in lines.read(line)]
    return [(step.label, [None if np.isnan(one) else float(one) for one in step.values]) for step in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,2\n\n3,nan\n", [("", [1, 2]), ("", [3, None])]),
        ("1,2\n3,\n", [("", [1, 2]), ("", [3, None])]),
        ("1 2\n3e-3 -4\n", [("", [1, 2]), ("", [0.003, -4])]),
        ("x;b;t;a\nk;2;1;1\n", [("1", [1, 2])]),
        ("t\ta\tb\n1\t1\t2\n4\t7\t8\n", [("1", [1, 2]), ("", [None, None]), ("", [None, None]), ("4", [7, 8])]),
        ("1,1,2\n2,3,4\n", [("1", [1, 2]), ("2", [3, 4])]),
        ('t,"a",b,who\n1,"1",2,me\n2,9,9,you\n2,3,4,me\n', [("1", [1, 2]), ("2", [3, 4])]),
    ],
)
def test_lines_of_every_layout(text: str, expected: list[Any]) -> None:
    assert read(TimedLines(("a", "b"), (), "t", "who", "me", Even(1.0, clock=False)), text) == expected


def test_dates_and_commas_before_decimals() -> None:
    lines = TimedLines(("a",), time="t", spacing=Even(3600.0), decimal=",")
    found = read(lines, "t;a\n2024-01-01 10:00;1,5\n2024-01-01 12:00;2,5\n")
    assert found == [("2024-01-01 10:00", [1.5]), ("", [None]), ("2024-01-01 12:00", [2.5])]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,x\n", "column b: expected a finite number, got 'x'"),
        ("a,b\n1,inf\n", "column b: expected a finite number, got 'inf'"),
        ("a,b\n1\n", "expected at least 2 cells, got 1"),
        (
            "a,B\n1,2\n",
            "expected the columns 'a', 'b', or as many numbers; 'b' is not among 'a', 'B'. Did you mean 'B'?",
        ),
        ("1,2,3,4\n", "expected the columns"),
        ("t,a,b\n2,1,2\n1,1,2\n", r"column t: expected a time after 2.0, got 1.0. Sort the rows"),
        ("t,a,b\nsoon,1,2\n", "column t: expected a finite number, got 'soon'"),
    ],
)
def test_bad_lines(text: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(TimedLines(("a", "b"), time="t"), text)
    assert message in str(caught.value)


def test_lines_of_the_table_that_was_learned_from(tmp_path: Path) -> None:
    times = np.arange("2024-01-01", "2024-01-26", dtype="datetime64[h]").astype("datetime64[m]")
    rows = [f"{time},{a:.3f},{b:.3f}" for time, (a, b) in zip(times, waves(600, 0), strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["when,one,two", *rows]))
    model = Forecaster("gru(4)", **SIZES).fit(tmp_path / "a.csv", validation=0.5, progress=False)
    assert model.facts_["cycles"] == ["day", "week"]
    watcher = model.watch()
    lines = ["when,two,other,one", f"{times[0]},1,x,2", f"{times[2]},1,y,2"]
    steps = [step for line in lines for step in watcher.line(line)]
    assert watcher.columns == ("one", "two")
    assert [step.label for step in steps] == [str(times[0]), "", str(times[2])]
    assert [step.found is None for step in steps] == [True, True, False]
    json.dumps(model.facts_)


def test_levels_of_a_series_with_a_season_are_of_its_own_phase(tmp_path: Path) -> None:
    season = 5 * np.random.default_rng(0).normal(size=7)
    days = np.arange("2020-01-01", "2021-12-31", dtype="datetime64[D]")
    values = season[np.arange(len(days)) % 7] + 0.1 * np.random.default_rng(1).normal(size=len(days))
    rows = [f"{day},{value:.4f}" for day, value in zip(days, values, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["day,sales", *rows]))
    model = Forecaster("gru(4)", horizon=1, past=30, lags=4, training=TRAINING)
    model = model.fit(tmp_path / "a.csv", validation=0.25, progress=False)
    kept = model.facts_["calibration"]["usual"]["mean"]
    watcher = model.watch()
    steps = [step.surprise for line in ["day,sales", *rows] for step in watcher.line(line)]
    assert np.mean([one for one in steps[-150:] if one is not None]) == pytest.approx(kept, abs=0.1)


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Days with sales that a promotion adds 20 to, the promotion, and the heat, which says nothing."""
    draw = np.random.default_rng(0)
    promo = (draw.random(400) < 0.3).astype(int)
    values = 100 + 20 * promo + 5 * np.sin(np.arange(400) * np.pi / 3) + draw.normal(size=400)
    days = np.arange("2024-01-01", "2025-02-04", dtype="datetime64[D]")
    rows = [
        f"{day},{one:.3f},{other},{k % 9}" for k, (day, one, other) in enumerate(zip(days, values, promo, strict=True))
    ]
    path = tmp_path_factory.mktemp("sales") / "sales.csv"
    path.write_text("\n".join(["day,sales,promo,heat", *rows, ""]))
    return path


@pytest.fixture(scope="module")
def seller(sales: Path) -> Forecaster:
    given = {"horizon": 1, "past": 60, "lags": 12, "season": 6, "target": "sales", "known": "promo", "also": "heat"}
    return Forecaster("gru(4)", **given, training=TRAINING).fit(sales, validation=0.5, progress=False)


def test_columns_beside_are_read_as_they_come(sales: Path, seller: Forecaster) -> None:
    head, *rows = sales.read_text().splitlines()
    (series,) = seller._series(sales, seller.facts_)[0]
    batch = surprises_of(seller._forecasts(), series, seller.stream()._inputs.scale)
    watcher = seller.watch()
    steps = [step for line in [head, *rows] for step in watcher.line(line)]
    assert watcher.columns == ("sales",)
    for step, one in zip(steps[1:], batch[1:], strict=True):
        assert step.surprise == pytest.approx(one and one.nats, abs=1e-4)
    pushed = seller.watch()
    for place, (values, known, also) in enumerate(zip(series.values, series.known, series.also, strict=True)):
        step = pushed.push(values, moment=series.stamps[place], beside=[*known, *also])
        assert step.surprise == steps[place].surprise


def test_what_a_known_column_explains_is_no_surprise(sales: Path, seller: Forecaster) -> None:
    head, *rows = sales.read_text().splitlines()
    place = next(k for k in range(320, 400) if ",1," in rows[k] and ",0," in rows[k - 1])
    told, untold = seller.watch(), seller.watch()
    for line in [head, *rows[:place]]:
        told.line(line), untold.line(line)
    (usual,), (odd,) = told.line(rows[place]), untold.line(rows[place].replace(",1,", ",0,"))
    assert usual.surprise is not None
    assert odd.surprise is not None
    assert odd.surprise > usual.surprise + 0.5
    assert "surprise" in {alarm.statistic for alarm in odd.alarms}
    assert not usual.alarms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b,c\n1,2,3\n4,5,\n", [([1], [2, 3]), ([4], [5, None])]),
        ("c,t,a,b\n3,1,1,2\n6,3,4,5\n", [([1], [2, 3]), ([None], [None, None]), ([4], [5, 6])]),
        ("1,2,3\n", [([1], [2, 3])]),
        ("7,1,2,3\n", [([1], [2, 3])]),
    ],
)
def test_lines_with_columns_beside(text: str, expected: list[Any]) -> None:
    lines = TimedLines(("a",), ("b", "c"), "t", spacing=Even(1.0, clock=False))
    steps = [step for line in text.splitlines() for step in lines.read(line)]
    found = [
        [[None if np.isnan(x) else x for x in part.tolist()] for part in (one.values, one.beside)] for one in steps
    ]
    assert [tuple(one) for one in found] == expected


def test_a_line_without_what_is_beside_is_refused(seller: Forecaster) -> None:
    with pytest.raises(
        DataError, match="expected the columns 'sales', 'promo', 'heat', or as many numbers; 'promo' is"
    ):
        seller.watch().line("day,sales,heat")
