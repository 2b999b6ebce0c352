"""Forecasts by the defaults of ``Forecaster``: ETTh1, monthly series with trend and season, walks, and Mackey-Glass.

python reproductions/forecasting/run.py --data ../shared/data/ett/ETTh1.csv [--rows NAME …] [--seeds N]

Prints a line for each row and seed, and puts them into ``results.json``. The test part is read once, when all is
learned. ``--rows walks`` are the twenty walks with a signal and the twenty without.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from peers import TEST, etth1, plain_lstm, ridge

from seqloom.data.made.series import made_series
from seqloom.data.made.walks import Signal, made_walk
from seqloom.probes.mackey_glass import mackey_glass
from seqloom.tasks.forecasting.forecaster import Forecaster

COLUMNS = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
RESERVOIR = "esn(400, radius=0.79, density=0.0125, decay=0.5, gain=0.55, input_scale=0.3, bias_scale=0.5)"
WALKS = {Signal.NONE: 10, Signal.CLUSTERS: 10} | dict.fromkeys(
    (Signal.AUTOREGRESSION, Signal.SEASON, Signal.LEAD, Signal.REGIME), 5
)
"""Seeds of each: twenty in which nothing tells of the next step's direction, and twenty in which something does."""
DAYS = 12_000
RESULTS = Path(__file__).parent / "results.json"


def hours(data: Path, columns: Sequence[str], horizon: int, seed: int) -> dict[str, Any]:
    """Some columns of ETTh1; a plain LSTM learns for as many seconds of the processor."""
    dates, values = etth1(data, list(columns))
    frame = _frame(dates, values, columns)
    began = time.process_time()
    model = Forecaster(horizon=horizon, training={"seed": seed, "device": "cpu"})
    model.fit(frame[: TEST * 16 // 20], validation=0.25, progress=False)
    seconds = time.process_time() - began
    found = _figures(model, frame, 16 / 20)
    found["test"]["plain LSTM"] = plain_lstm(values, horizon, seconds, seed)
    if len(columns) == 1:
        found["test"]["ridge regression"] = ridge(values, horizon)
    return found | {"fit_seconds": seconds}


def monthly(seed: int) -> dict[str, Any]:
    """Twelve years of a made series, of which the last three are the test."""
    return _monthly(made_series(months=144, seed=seed), seed)


def airline(seed: int) -> dict[str, Any]:
    """The 144 published values, passengers of airlines in 1949 to 1960 (Box & Jenkins, series G)."""
    return _monthly(np.loadtxt(Path(__file__).parent / "airline.txt").ravel(), seed)


def _monthly(values: np.ndarray, seed: int) -> dict[str, Any]:
    months = np.arange("1949-01", "1961-01", dtype="datetime64[M]").astype("datetime64[D]").astype(str)
    frame = _frame(months.tolist(), values[:, None], ["value"])
    model = Forecaster(horizon=12, training={"seed": seed, "device": "cpu"})
    model.fit(frame[:108], validation=0.25, progress=False)
    return _figures(model, frame, 108 / 144)


def walk(signal: Signal, seed: int) -> dict[str, Any]:
    """The next of 12,000 working days of a walk, a third of which is the test; a second walk is read beside it."""
    days = np.busday_offset("2000-01-03", np.arange(DAYS), roll="forward").astype(str)
    frame = _frame(days.tolist(), 100 + made_walk(DAYS, seed, signal), ["price", "other"])
    model = Forecaster(horizon=1, target="price", also="other", training={"seed": seed, "device": "cpu"})
    model.fit(frame[: DAYS * 2 // 3], validation=0.25, progress=False)
    return _figures(model, frame, 2 / 3)


def chaos(seed: int) -> dict[str, Any]:
    """84 steps, one after another, by a reservoir whose readout is solved; the last 1,000 of 4,000 are the test."""
    values = np.asarray(mackey_glass(4000, seed=seed), np.float64).reshape(-1)
    training = {"seed": seed, "device": "cpu", "steps": 10, "epochs": None}
    given = {"horizon": 84, "horizon_by": "recursive", "lags": 0, "past": 1000, "logarithms": False}
    model = Forecaster(RESERVOIR, **given, training=training)
    model.fit([values[:3000]], validation=0.15, progress=False)
    found = model.backtest([values], begin=3000.0, stride=84)
    return {"NRMSE84": float(np.sqrt(found.by_horizon["model"]["mse"][-1] / values.var())), "origins": found.origins}


def _frame(dates: list[str], values: np.ndarray, columns: Sequence[str]) -> Any:
    import pandas

    return pandas.DataFrame({"date": dates, **dict(zip(columns, values.T, strict=True))})


def _figures(model: Forecaster, everything: Any, begin: float) -> dict[str, Any]:
    found, chosen = model.backtest(everything, begin, stride=1), model.validation_
    columns = {name: {key: part[key] for key in ("mse", "mase")} for name, part in found.by_column.items()}
    return {
        "trust": model.facts_["trust"],
        "rival": model.facts_["rival"],
        "validation": {"model": dict(chosen.model), **{name: dict(one) for name, one in chosen.baselines.items()}},
        "test": {
            "model": dict(found.figures.model),
            **{name: dict(one) for name, one in found.figures.baselines.items()},
        },
        "columns": columns if len(found.columns) > 1 else {},
        "verdicts": list(found.figures.notes),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", nargs="*")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    rows: dict[str, Callable[[int], dict[str, Any]]] = {"monthly": monthly, "airline": airline, "Mackey-Glass": chaos}
    for horizon in (24, 48, 168):
        rows[f"ETTh1 {horizon}"] = partial(hours, given.data, ["OT"], horizon)
    rows["ETTh1 24, all columns"] = partial(hours, given.data, COLUMNS, 24)
    walks = {f"walk, {signal}": partial(walk, signal) for signal in WALKS}
    asked = [name for one in given.rows or [*rows, "walks"] for name in (walks if one == "walks" else [one])]
    seeds = {f"walk, {signal}": count for signal, count in WALKS.items()}
    for name in asked:
        for seed in range(seeds.get(name, given.seeds)):
            began, clock = time.process_time(), time.monotonic()
            found = {"row": name, "seed": seed, **(rows | walks)[name](seed)}
            _keep(found | {"cpu_seconds": time.process_time() - began, "clock_seconds": time.monotonic() - clock})


def _keep(found: dict[str, Any]) -> None:
    """Print a row in short, and put it whole into the results in place of the one before."""
    errors = {name: round(one["mse"], 4) for name, one in found.get("test", {}).items()}
    print(found["row"], found["seed"], errors, *found.get("verdicts", [])[:1], flush=True)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    others = [one for one in known if (one["row"], one["seed"]) != (found["row"], found["seed"])]
    RESULTS.write_text(json.dumps([*others, found], indent=1) + "\n")


if __name__ == "__main__":
    main()
