"""A number for texts and for series, measured in its own unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqloom
from seqloom import Regressor
from seqloom.errors import DataError
from tests.tasks.sequences.given import series, texts

QUICK = {"epochs": 30, "learning_rate": 0.02, "device": "cpu", "schedule": "constant"}
SERIES = series(80, channels=1)[0]
MEANS = [1000 + 100 * float(row.mean()) for row in SERIES]
TEXTS = texts()[0]
LENGTHS = [len(text.split()) for text in TEXTS]


def small(spec: str = "gru(8) + pool(mean)", **more: Any) -> Regressor:
    return Regressor(spec, **{"embedding": 8, "dropout": 0.0, "training": QUICK} | more)


@pytest.fixture(scope="module")
def model() -> Regressor:
    return small().fit(SERIES, MEANS)


def test_figures_are_in_the_unit_of_the_numbers(model: Regressor) -> None:
    found = model.validation_
    assert set(found.model) == {"mean_absolute_error", "root_mean_squared_error", "r2"}
    assert found.model["mean_absolute_error"] < 40 < 150 < found.baselines["mean"]["mean_absolute_error"]
    assert found.model["r2"] == pytest.approx(1, abs=0.1)
    assert model.score(SERIES, MEANS) > 0.9
    assert np.abs(model.predict(SERIES) - MEANS).mean() < 40


def test_texts_too(tmp_path: Path) -> None:
    model = small("gru(8) + pool(last)", tokens="words").fit(TEXTS, LENGTHS)
    assert np.abs(model.predict(TEXTS) - LENGTHS).mean() < 0.5
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(seqloom.load(tmp_path / "model").predict(TEXTS), model.predict(TEXTS))
    stream = model.stream()
    stream.push(TEXTS[0])
    assert stream.finish() == pytest.approx(float(model.predict(TEXTS[:1])[0]))


def test_outliers_do_not_decide_where_the_loss_is_robust() -> None:
    y = [*MEANS[:-3], 1e5, 1e5, 1e5]
    off = {
        loss: np.abs(small(loss=loss).fit(SERIES, y, validation=0.0).predict(SERIES[:-3]) - MEANS[:-3]).mean()
        for loss in ("squared", "huber")
    }
    assert off["huber"] < off["squared"] / 2


def test_a_run_that_is_resumed_is_the_run_that_was_not_stopped(tmp_path: Path) -> None:
    def fit(name: str, epochs: int, **more: Any) -> Regressor:
        return small(training=QUICK | {"epochs": epochs}).fit(SERIES, MEANS, run=tmp_path / name, **more)

    whole, _, resumed = fit("whole", 4), fit("cut", 2), fit("cut", 4, resume=True)
    np.testing.assert_array_equal(whole.predict(SERIES), resumed.predict(SERIES))


def test_a_table_with_numbers(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    rows = "".join(f"{text};{length + 0.5}\n" for text, length in zip(TEXTS, LENGTHS, strict=True))
    path.write_text("text;rating\n" + rows.replace(".5", ",5"))
    model = small("gru(8) + pool(last)", tokens="words").fit(path)
    assert model.evaluate(path).model["mean_absolute_error"] < 0.6


@pytest.mark.parametrize(
    ("y", "said"),
    [(["a"] * 80, "row 0: expected a number, got 'a'"), ([float("inf")] * 80, "expected a number, got inf")],
)
def test_what_is_no_number(y: list[Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        small().fit(SERIES, y)


def test_equal_numbers_are_learned() -> None:
    model = small(training=QUICK | {"epochs": 1}).fit(SERIES, [3.0] * 80, validation=0.0)
    assert np.isfinite(model.predict(SERIES)).all()
