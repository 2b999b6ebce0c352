"""``seqloom backtest``: tables, JSON and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from seqloom.tasks.forecasting.forecaster import Forecaster
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


def test_what_is_refused(command: Command, run: Path) -> None:
    refused(command("backtest", run, "sales.csv", "--begin", "2.4.2024"), 2, "begin: expected a share between 0 and 1")
    refused(command("backtest", run, "sales.csv", "--begin", "2025-01-01"), 3, "nothing comes after '2025-01-01'")
    refused(command("backtest", run, "nothing.csv"), 3, "nothing.csv")
