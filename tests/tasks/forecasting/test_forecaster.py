"""The forecaster from what a user gives to what it says."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.tasks.forecasting.door import claims_times
from seqloom.tasks.forecasting.forecaster import Forecaster
from seqloom.tasks.forecasting.known import scale_of
from seqloom.tasks.forecasting.picks import training_for
from seqloom.tasks.registry import load

BRIEF = {"steps": 6, "epochs": None, "device": "cpu"}
DAYS = np.arange("2024-01-01", "2024-05-30", dtype="datetime64[D]")


def small(**more: Any) -> Forecaster:
    given = {"horizon": 3, "training": BRIEF, **more}
    return Forecaster(given.pop("spec", "gru(4)"), **given)


def waves(columns: int = 1) -> np.ndarray:
    time = np.arange(150)[:, None]
    return 10 + np.sin(2 * np.pi * time / 7 + np.arange(columns))


def table(tmp_path: Path, name: str = "a.csv", group: bool = False) -> Path:
    names = ["x", "y"] if group else [""]
    head = "day," + ("shop," if group else "") + "sales\n"
    rows = [
        f"{day},{f'{one},' if group else ''}{value:.4f}\n"
        for k, one in enumerate(names)
        for day, value in zip(DAYS, waves()[:, 0] * 10**k, strict=True)
    ]
    (tmp_path / name).write_text(head + "".join(rows))
    return tmp_path / name


def test_a_season_is_forecast() -> None:
    model = small(season=7).fit([waves(2)], progress=False)
    found = model.predict([waves(2)])[0]
    time = np.arange(150, 153)[:, None]
    np.testing.assert_allclose(found, 10 + np.sin(2 * np.pi * time / 7 + np.arange(2)), atol=0.02)
    assert model.validation_ is not None
    assert model.validation_.model["mase"] < 0.1
    assert model.score([waves(2)]) > -0.2


@pytest.mark.parametrize("distribution", ["quantiles", "gaussian", "student-t"])
def test_quantiles_rise_and_are_saved(tmp_path: Path, distribution: str) -> None:
    draw = np.random.default_rng(0)
    rows = [np.cumsum(draw.normal(size=90)) for _ in range(2)]
    model = small(distribution=distribution).fit(rows, progress=False)
    found = model.predict(rows, (0.05, 0.5, 0.95))
    assert found[0].shape == (3, 1, 3)
    assert (np.diff(found[0], axis=-1) >= 0).all()
    assert (found[0][..., 2] - found[0][..., 0] > 1).all()
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(rows, (0.05, 0.5, 0.95)), found)


def test_a_stream_says_what_the_whole_says() -> None:
    draw = np.random.default_rng(0)
    values = np.cumsum(draw.normal(size=(80, 2)), 0)
    values[5, 0] = values[0, 1] = np.nan
    model = small().fit([values], progress=False)
    stream = model.stream()
    with pytest.raises(DataError, match="push a step first"):
        stream.forecast()
    for step in values:
        stream.push(step)
    (whole,) = model.predict([values], (0.1, 0.5, 0.9))
    np.testing.assert_allclose(stream.forecast((0.1, 0.5, 0.9)), whole, rtol=1e-5, atol=1e-5)


def test_a_stream_of_a_table_reads_a_calendar(tmp_path: Path) -> None:
    path = table(tmp_path)
    model = small().fit(path, progress=False)
    stream = model.stream()
    with pytest.raises(DataError, match="give the moment"):
        stream.push(1.0)
    for day, value in zip(DAYS, waves()[:, 0].round(4), strict=True):
        stream.push(value, day)
    np.testing.assert_allclose(stream.forecast(), model.predict(path)[0], rtol=1e-5)
    with pytest.raises(DataError, match="Expected 1 finite numbers"):
        stream.push([1.0, 2.0], DAYS[0])


def test_the_held_out_part_teaches_nothing() -> None:
    values = np.cumsum(np.random.default_rng(0).normal(size=100))
    moved = values.copy()
    moved[90:] += 100
    one, other = (small().fit([some], validation=0.1, progress=False) for some in (values, moved))
    for name, weights in one.model_.state_dict().items():
        assert weights.equal(other.model_.state_dict()[name]), name
    assert one.facts_["common"] == other.facts_["common"]


def test_series_of_a_table_have_scales_of_their_own(tmp_path: Path) -> None:
    path = table(tmp_path, group=True)
    model = small().fit(path, progress=False)
    assert set(model.facts_["scales"]) == {"x", "y"}
    first, second = model.predict(path)
    np.testing.assert_allclose(10 * first, second, rtol=0.01)
    assert model.stream("y").forecast is not None
    with pytest.raises(UsageError, match="expected one of 'x', 'y', got 'z'"):
        model.stream("z")


def test_what_is_written_goes_on_where_the_table_ends(tmp_path: Path) -> None:
    model = small().fit(table(tmp_path, group=True), progress=False)
    lines = "".join(model.written(tmp_path / "a.csv")).splitlines()
    assert lines[0] == "day,shop,column,0.025,0.1,0.5,0.9,0.975"
    assert [line.split(",")[:3] for line in lines[1:]] == [
        [day, shop, "sales"] for shop in "xy" for day in ("2024-05-30", "2024-05-31", "2024-06-01")
    ]


def test_a_batch_is_as_large_as_the_data_suggest_or_as_it_is_given() -> None:
    picked, given = (small(**more).fit([waves()], progress=False) for more in ({}, {"batch_size": 4}))
    assert picked.facts_["picked"]["batch_size"] == picked._settled(picked.facts_).batch_size == 8
    assert "batch_size" not in given.facts_["picked"]
    assert given._settled(given.facts_).batch_size == 4
    assert training_for(80, {"batch_size": 4})["epochs"] == 15


def test_the_verdict_on_a_random_walk_is_no_skill() -> None:
    draw = np.random.default_rng(3)
    model = small(season=1).fit([np.cumsum(draw.normal(size=600))], validation=0.3, progress=False)
    found = model.evaluate([np.cumsum(draw.normal(size=600))])
    assert found.notes[0].startswith(("No skill over", "Worse than"))
    assert set(found.baselines) == {"last value", "last season", "drift", "linear model of the lags"}
    assert 0.7 < found.model["coverage_80"] < 0.9


@pytest.mark.parametrize(
    ("X", "said"),
    [
        ([], "at least one series"),
        ([np.ones(40)], "Nothing ever changes"),
        ([[1.0, 2.0, 3.0]], "longest series has 3 steps"),
        ([np.arange(6.0)], "too short to hold a part out"),
        ([[1.0, np.inf] * 20], "finite numbers, got inf at step 1"),
        ([np.array([[1.0, 2.0], [3.0, 4.0], [5.0, np.inf]])], "finite numbers, got inf at step 2"),
        (["a", "b"], r"expected a series \(T,\) or \(T, D\), got str"),
        ([np.ones((20, 2)), np.ones((20, 3))], "row 1 has 3 columns, row 0 has 2"),
    ],
    ids=["none", "constant", "short", "too short to judge", "inf", "inf of two columns", "text", "columns"],
)
def test_what_cannot_be_learned_from(X: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        small().fit(X, progress=False)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"spec": "gru(4) bidirectional"}, "cannot forecast"),
        ({"spec": "gru(4) + pool(last)"}, "a forecast is made at every step"),
        ({"horizon": 0}, "horizon"),
        ({"distribution": "gausian"}, "Did you mean 'gaussian'"),
        ({"horizn": 3}, "Did you mean 'horizon'"),
    ],
)
def test_settings_that_cannot_be(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        small(**given).fit([waves()], progress=False)


def test_too_short_series_are_said() -> None:
    with pytest.warns(SeqloomWarning, match="1 series of at most 4 steps teach nothing"):
        small().fit([waves(), [1.0, 2.0]], progress=False)


PRICES = "Date,Open,High,Low,Close,Volume\n" + "".join(f"{day},1,2,1,{k},9\n" for k, day in enumerate(DAYS[::-1]))


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        (PRICES, "what comes next in 'Close'"),
        ("date,a,b\n" + "".join(f"{day},1,{k}\n" for k, day in enumerate(DAYS)), "what comes next in 'a', 'b'"),
        ("date,text,label\n2024-01-01,fine,good\n2024-01-02,poor,bad\n" * 9, None),
        ("date,a,state\n" + "".join(f"{day},{k},{'on' if k % 3 else 'off'}\n" for k, day in enumerate(DAYS)), None),
        ("a,b\n1,2\n3,4\n", None),
    ],
    ids=["prices", "numbers", "texts", "states", "no time"],
)
def test_which_tables_are_claimed(tmp_path: Path, text: str, claimed: str | None) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    claim = claims_times(path, {})
    assert (claim is None) == (claimed is None)
    assert claim is None or claimed in claim.reason


def test_prices_newest_first_are_sorted(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(PRICES)
    with pytest.warns(SeqloomWarning, match="150 rows sorted"):
        model = small(horizon=2).fit(path, progress=False)
    assert model.facts_["times"]["targets"] == ["Close"]


def test_a_series_is_known_by_how_it_begins_and_not_by_its_file(tmp_path: Path) -> None:
    model = small().fit(table(tmp_path), progress=False)
    text = (tmp_path / "a.csv").read_text()
    (tmp_path / "b.csv").write_text(text)
    (tmp_path / "later.csv").write_text(text.replace("2024-01-01,", "2024-01-01,9", 1))
    scales = []
    for name in ("a.csv", "b.csv", "later.csv"):
        window = model._last(tmp_path / name)[0]
        scales.append(scale_of(model.facts_, window).mean[0])
    assert scales[0] == scales[1] == model.facts_["common"]["mean"][0]
    assert scales[2] != scales[0]


def test_a_stream_takes_no_more_memory_with_time() -> None:
    model = small(horizon=4).fit([waves(2)], progress=False)
    stream = model.stream()

    def size() -> int:
        stream.push([1.0, 2.0])
        stream.forecast()
        return len(pickle.dumps(stream))

    first = [size() for _ in range(5)][-1]
    for _ in range(300):
        stream.push([1.0, 2.0])
    assert abs(size() - first) < 16


def test_models_of_before_have_no_scale_of_their_own_kind() -> None:
    """Facts as they were written before there were logarithms, effects and adaptive intervals."""
    values = np.random.default_rng(0).normal(size=200).cumsum()
    model = small(season=1).fit([values], validation=0.3, progress=False)
    plain = model.predict([values], (0.1, 0.5, 0.9))[0]
    for name in ("beside", "static", "statics", "ahead", "solved"):
        del model.facts_[name]
    del model.facts_["correction"]["origins"]
    for scale in (model.facts_["common"], *model.facts_["scales"].values()):
        del scale["floor"], scale["effects"]
    np.testing.assert_array_equal(model.predict([values], (0.1, 0.5, 0.9))[0], plain)
    assert model._build(model.facts_).state_dict().keys() == model.model_.state_dict().keys()
    assert np.isfinite(model.evaluate([values]).model["mase"])


@pytest.mark.parametrize(("seconds", "season"), [(1, 1), (5, 1), (60, 1440), (3600, 24)])
def test_steps_that_are_seconds_apart_are_learned(seconds: int, season: int, tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=400).cumsum()
    stamps = np.datetime64("2026-01-01", "s") + seconds * np.arange(400)
    file = tmp_path / "steps.csv"
    rows = "\n".join(f"{stamp},{value:.3f}" for stamp, value in zip(stamps, values, strict=True))
    file.write_text(f"time,value\n{rows}\n", encoding="utf-8")
    model = Forecaster("gru(4)", horizon=2, training={"epochs": 1, "device": "cpu"}).fit(file, progress=False)
    assert model.facts_["sizes"]["season"] == season
    assert np.isfinite(model.predict(file)[0]).all()
