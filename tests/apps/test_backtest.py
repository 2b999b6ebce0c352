"""``seqloom backtest``: tables, JSON and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from seqloom.errors import SeqloomWarning
from seqloom.tasks.forecasting.forecaster import Forecaster
from seqloom.tasks.forecasting.windows import first_origin
from tests.apps.running import Command
from tests.apps.test_bad_input import refused


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    days = np.arange("2024-01-01", "2024-04-10", dtype="datetime64[D]")
    rows = [f"{day},{k % 7 + k / 50:.2f},{k % 5}\n" for k, day in enumerate(days)]
    Path("sales.csv").write_text("day,shop,web\n" + "".join(rows))
    training = {"steps": 3, "epochs": None, "device": "cpu"}
    Forecaster("gru(4)", horizon=2, training=training).fit("sales.csv", progress=False).save("model")
    return Path("model")


def test_figures_in_all_by_steps_ahead_and_by_column(command: Command, run: Path) -> None:
    found = command("backtest", run, "sales.csv", "--begin", "0.9", "--stride", 2)
    assert found.code == 0
    assert "5 origins" in found.out
    assert [line.split()[0] for line in found.out.splitlines() if line.startswith(("1 ", "2 ", "shop", "web"))] == [
        "1",
        "2",
        "shop",
        "web",
    ]
    again = json.loads(command("backtest", run, "sales.csv", "--begin", "2024-03-31", "--stride", 2, "--json").out)
    assert (again["origins"], again["fits"], again["columns"]) == (5, 0, ["shop", "web"])
    assert len(again["by_horizon"]["last value"]["mse"]) == 2
    assert set(again["by_horizon"]) == {"model", *again["baselines"]}


@pytest.fixture
def gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Days of which some are missing, with values of which some are missing, and a model that learned from them."""
    monkeypatch.chdir(tmp_path)
    days = np.arange("2024-01-01", "2024-06-01", dtype="datetime64[D]")
    draw = np.random.default_rng(0).normal(size=len(days)).cumsum()
    cells = ["" if k % 11 == 5 else f"{50 + k % 7 + draw[k]:.2f}" for k in range(len(days))]
    rows = [f"{day},{cell}\n" for k, (day, cell) in enumerate(zip(days, cells, strict=True)) if k % 13 != 9]
    Path("gaps.csv").write_text("day,sales\n" + "".join(rows))
    training = {"steps": 3, "epochs": None, "device": "cpu"}
    with pytest.warns(SeqloomWarning, match="missing steps"):
        model = Forecaster("gru(4)", horizon=3, training=training).fit("gaps.csv", validation=0.3, progress=False)
    model.save("model")
    return Path("model")


def test_the_figures_are_those_that_training_and_evaluation_show(command: Command, gaps: Path) -> None:
    model = Forecaster.load(gaps)
    assert model.validation_ is not None
    with pytest.warns(SeqloomWarning, match="missing steps"):
        held_out = model._read("gaps.csv", None, model.facts_).X
    cut = first_origin(len(held_out[0].series), 0.3)
    first = next(one.first for one in held_out if one.first >= cut)
    day = str(held_out[0].series.stamps[first])
    shown = json.loads(command("backtest", gaps, "gaps.csv", "--begin", day, "--stride", 1, "--json").out)
    for name, value in model.validation_.to_mapping()["model"].items():
        assert shown["model"][name] == pytest.approx(value, rel=1e-6), name
    for name, figures in model.validation_.to_mapping()["baselines"].items():
        assert shown["baselines"][name] == pytest.approx(figures, rel=1e-6), name
    assert shown["notes"] == list(model.validation_.notes)
    evaluated = json.loads(command("evaluate", gaps, "gaps.csv", "--json").out)
    everything = json.loads(command("backtest", gaps, "gaps.csv", "--begin", "2024-01-02", "--stride", 1, "--json").out)
    assert everything["model"] == evaluated["model"]
    assert everything["baselines"] == evaluated["baselines"]


def test_refits_read_over_gaps(command: Command, gaps: Path) -> None:
    found = command("backtest", gaps, "gaps.csv", "--begin", "2024-05-01", "--stride", 15, "--refit", "--json")
    assert found.code == 0
    shown = json.loads(found.out)
    assert (shown["fits"], shown["origins"]) == (2, 2)
    still = json.loads(command("backtest", gaps, "gaps.csv", "--begin", "2024-05-01", "--stride", 15, "--json").out)
    assert shown["baselines"]["last value"]["mse"] == still["baselines"]["last value"]["mse"]
    assert shown["model"]["mse"] != still["model"]["mse"]
    assert all(np.isfinite(value) for value in shown["model"].values())


def test_what_is_refused(command: Command, run: Path) -> None:
    for begin in ("0", "1", "-1", "1.5"):
        refused(command("backtest", run, "sales.csv", "--begin", begin), 2, "or a moment as 2024-0")
    refused(command("backtest", run, "sales.csv", "--begin", "2.4.2024"), 2, "begin: expected a share between 0 and 1")
    refused(command("backtest", run, "sales.csv", "--begin", "2025-01-01"), 3, "nothing comes after '2025-01-01'")
    refused(command("backtest", run, "nothing.csv"), 3, "nothing.csv")
