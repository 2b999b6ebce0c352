"""A number for each step of a series."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import seqloom
from seqloom import Regressor
from seqloom.errors import DataError, UsageError
from seqloom.tasks.guess import guess
from tests.apps.conftest import command as command
from tests.apps.running import Command

QUICK = {"epochs": 40, "learning_rate": 0.02, "device": "cpu", "schedule": "constant"}


def loads() -> tuple[list[NDArray[np.float64]], list[list[float]]]:
    """A load that comes and goes, and beside it the heat that it leaves: an average of what came, 100 at first."""
    random = np.random.default_rng(0)
    X, y = [], []
    for place in range(40):
        load, heat, row = random.normal(size=(6 + place % 9, 1)), 0.0, []
        for step in load[:, 0]:
            heat = 0.7 * heat + step
            row.append(100 + 10 * heat)
        X.append(load)
        y.append(row)
    return X, y


X, Y = loads()


def small(spec: str | None = "gru(12)", **more: Any) -> Regressor:
    return Regressor(spec, **{"dropout": 0.0, "noise": 0.0, "batch_size": 8, "training": QUICK} | more)


@pytest.fixture(scope="module")
def model() -> Regressor:
    return small().fit(X, Y)


def test_steps_are_learned_in_their_unit_and_judged_beside_simple_models(model: Regressor) -> None:
    found = model.validation_
    assert set(found.baselines) == {"mean", "ridge regression on the step"}
    assert found.model["r2"] > 0.85 > 0.8 > found.baselines["ridge regression on the step"]["r2"]
    assert (found.counted, found.count) == ("steps", sum(len(Y[k]) for k in held_out(model)))
    assert "ridge regression on the step, is beaten: mean absolute error -" in found.notes[0]
    assert model.score(X, Y) > 0.85
    assert [one.shape for one in model.predict(X)] == [(len(one),) for one in Y]


def held_out(model: Regressor) -> list[int]:
    given = model._read(X, Y, {})
    return list(model._divide(given, 0.1, 0).held_out)


def test_what_stands_beside_a_series_and_beyond_its_end_changes_nothing(model: Regressor) -> None:
    together = model.predict(X)
    for place in (0, 8, 17):
        np.testing.assert_allclose(model.predict([X[place]])[0], together[place], rtol=1e-5)
    y = [[-100.0] * len(one) for one in Y]
    assert model.evaluate(X, y).count == sum(map(len, Y)), "a number that looks like padding counts"


def test_a_stream_says_the_same_step_by_step(model: Regressor) -> None:
    stream = model.stream()
    said = [stream.push(step) for step in X[3]]
    np.testing.assert_allclose(said, model.predict(X[3:4])[0], rtol=1e-4)


def test_without_a_spec_nothing_is_pooled_and_a_trained_one_goes_on(model: Regressor, tmp_path: Path) -> None:
    found = small(None, training={"steps": 2}).fit(X, Y)
    assert found.facts_["picked"]["model"] == "gru(64) bidirectional"
    model.save(tmp_path / "model")
    loaded = seqloom.load(tmp_path / "model")
    assert [one.tolist() for one in loaded.predict(X)] == [one.tolist() for one in model.predict(X)]
    more = small(training={**QUICK, "epochs": 1}).fit(X, Y, start_from=loaded)
    assert more.facts_["of_steps"] is True
    with pytest.raises(DataError, match="expected a list of numbers for each example, as in training"):
        small().fit(X, [1.0, 2.0] * 20, start_from=loaded)


@pytest.mark.parametrize(
    ("make", "y", "error", "said"),
    [
        (small, [*Y[:-1], Y[-1][:-1]], DataError, "y: row 39: expected 9 numbers, one for each step, got 8"),
        (small, [*Y[:-1], 1.0], DataError, "a number for each example, or a list of numbers for each; got both"),
        (small, [*Y[:-1], [*Y[-1][:-1], "a"]], DataError, "y: row 39: expected a number, got 'a'"),
        (lambda: small("gru(4) + pool(last)"), Y, UsageError, "a number for each step, so nothing is pooled"),
    ],
)
def test_what_is_none_is_named(make: Any, y: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        make().fit(X, y, validation=0.0)


def test_texts_have_one_number_each() -> None:
    with pytest.raises(DataError, match="numbers for each step are of series"):
        small(tokens="words").fit(["a b", "b a"] * 9, [[1.0, 2.0]] * 18, validation=0.0)


def test_a_table_with_a_step_a_row_is_known_learned_and_answered(command: Command, tmp_path: Path) -> None:
    def rows(labelled: bool) -> Iterator[list[object]]:
        yield ["id", "time", "load", *["target"] * labelled]
        for place, (series, heats) in enumerate(zip(X, Y, strict=True)):
            for step, (value, heat) in enumerate(zip(series[:, 0].tolist(), heats, strict=True)):
                yield [f"m{place}", step, value, *[heat] * labelled]

    for name, labelled in (("heat.csv", True), ("new.csv", False)):
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows(rows(labelled))
    found = guess(tmp_path / "heat.csv", {})
    assert found is not None
    assert found.task == "regression"
    run = tmp_path / "run"
    result = command(
        "train", tmp_path / "heat.csv", "--model", "gru(8)", "--steps", 30, "--out", run, "--quiet", "--json"
    )
    assert result.code == 0, result.err
    assert "ridge regression on the step" in json.loads(result.out)["baselines"]
    lines = command("predict", run, tmp_path / "new.csv").out.splitlines()
    assert lines[0] == "recording,step,prediction"
    assert (len(lines), lines[1].split(",")[:2]) == (1 + sum(map(len, Y)), ["m0", "1"])
    first = json.loads(command("predict", run, tmp_path / "new.csv", "--json").out.splitlines()[0])
    assert (first["recording"], len(first["prediction"])) == ("m0", len(Y[0]))
    assert [float(line.split(",")[2]) for line in lines[1 : 1 + len(Y[0])]] == first["prediction"]
    again = json.loads(command("evaluate", run, tmp_path / "heat.csv", "--json").out)
    assert again["counted"] == "steps"


def test_labels_of_few_whole_numbers_stay_names(tmp_path: Path) -> None:
    lines = [f"{k // 6},{k % 6},{k * 0.37 % 1:.3f},{k // 3 % 2}.0" for k in range(60)]
    (tmp_path / "states.csv").write_text("\n".join(["id,time,x,state", *lines]) + "\n")
    found = guess(tmp_path / "states.csv", {})
    assert found is not None
    assert found.task == "tagging"


def test_padding_is_no_number_of_the_objective() -> None:
    from seqloom.data import Batch
    from seqloom.training.objectives import StepNumbers

    class Same(torch.nn.Module):
        def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
            return x

    batch = Batch({"x": torch.zeros(2, 3, 1)}, torch.full((2, 3), 7.0), {"x": torch.tensor([3, 1])})
    sums, _ = StepNumbers().sums(Same(), batch, None)
    assert StepNumbers().figures(sums) == pytest.approx(
        {"loss": 49.0, "mean_absolute_error": 7.0, "r2": float("nan")}, nan_ok=True
    )
    assert (float(sums["weight"]), StepNumbers().weight(batch)) == (4.0, 4)
