"""Forecasts by the defaults of ``Forecaster``: ETTh1, a monthly series with trend and season, and Mackey-Glass.

python reproductions/forecasting/run.py --data ../shared/data/ett/ETTh1.csv [--rows NAME …] [--seeds N]

Prints a JSON line for each row and seed. The test part is read once, when all is learned.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqloom.data.made.series import made_series
from seqloom.probes.mackey_glass import mackey_glass
from seqloom.tasks.forecasting.forecaster import Forecaster

MONTH = 30 * 24
"""Hours, as in the usual split of ETTh1: 12 months to learn from, 4 to choose by, 4 to test."""


def etth1(data: Path, horizon: int, seed: int) -> dict[str, Any]:
    """OT alone, standardised by the first 12 months."""
    with data.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[: 20 * MONTH]
    values = np.array([float(row["OT"]) for row in rows])
    values = (values - values[: 12 * MONTH].mean()) / values[: 12 * MONTH].std()
    frame = _frame([row["date"] for row in rows], values)
    model = Forecaster(horizon=horizon, training={"seed": seed, "device": "cpu"})
    model.fit(frame[: 16 * MONTH], validation=0.25, progress=False)
    return _figures(model, frame, 4 / 20)


def monthly(seed: int) -> dict[str, Any]:
    """Twelve years of a made series, of which the last three are the test."""
    values = made_series(months=144, seed=seed)
    months = np.arange("1990-01", "2002-01", dtype="datetime64[M]").astype("datetime64[D]").astype(str)
    frame = _frame(months.tolist(), values)
    model = Forecaster(horizon=12, training={"seed": seed, "device": "cpu"})
    model.fit(frame[:108], validation=0.25, progress=False)
    return _figures(model, frame, 36 / 144)


def chaos(seed: int) -> dict[str, Any]:
    """84 steps ahead by the defaults; of 4,000 steps the last 500 are the test."""
    values = np.asarray(mackey_glass(4000, seed=seed), np.float64).reshape(-1)
    model = Forecaster("esn(400)", horizon=84, training={"seed": seed, "device": "cpu"})
    model.fit([values[:3500]], validation=0.15, progress=False)
    return _figures(model, [values], 500 / 4000)


def _frame(dates: list[str], values: np.ndarray) -> Any:
    import pandas

    return pandas.read_csv(io.StringIO("date,value\n" + "".join(map("{},{}\n".format, dates, values))))


def _figures(model: Forecaster, everything: Any, share: float) -> dict[str, Any]:
    found, chosen = model.evaluate(everything, share=share), model.validation_
    return {
        "trust": model.facts_["trust"],
        "validation": {"model": dict(chosen.model), **{name: dict(one) for name, one in chosen.baselines.items()}},
        "test": {"model": dict(found.model), **{name: dict(one) for name, one in found.baselines.items()}},
        "verdict": found.notes[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", nargs="*")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    rows: Mapping[str, Callable[[int], dict[str, Any]]] = {
        "monthly": monthly,
        "ETTh1 24": lambda seed: etth1(given.data, 24, seed),
        "ETTh1 48": lambda seed: etth1(given.data, 48, seed),
        "Mackey-Glass": chaos,
    }
    for name in given.rows or rows:
        for seed in range(given.seeds):
            began = time.process_time()
            found = rows[name](seed)
            print(
                json.dumps({"row": name, "seed": seed, **found, "cpu_seconds": time.process_time() - began}), flush=True
            )


if __name__ == "__main__":
    main()
