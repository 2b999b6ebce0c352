"""Mackey-Glass, τ = 17: echo-state networks run free for 84 steps; writes results.json and error.png.

    python reproductions/mackey_glass/run.py              # every row, a few minutes on two cores
    python reproductions/mackey_glass/run.py 400          # one row
    python reproductions/mackey_glass/run.py 400 --choose

Settings were chosen with ``--choose``, on other reservoirs and other series than those of the table.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seqloom import __version__
from seqloom.layers import EchoState
from seqloom.models.echo_state_network import EchoStateNetwork
from seqloom.models.ridge import Ridge
from seqloom.probes.mackey_glass import mackey_glass, nrmse

HERE = Path(__file__).parent
HEARD, HORIZON, RUNS, ORDER = 1000, 84, 50, 100
JAEGER_VARIANCE = 0.067

Forecaster = Callable[[Tensor], Tensor]
"""Heard series (B, T) → their next HORIZON values (B, HORIZON)."""


@dataclass(frozen=True)
class Row:
    """One line of the table: the reservoir, and what it learns from."""

    hidden_size: int
    reservoir: Mapping[str, float]
    penalty: float
    steps: int = 3000
    washout: int = 1000

    def learn(self, seed: int) -> Forecaster:
        """A forecaster from a reservoir and a series that are both drawn from ``seed``; the series is tanh(y - 1)."""
        torch.manual_seed(seed)
        reservoir = EchoState(1, self.hidden_size, **self.reservoir)
        network = EchoStateNetwork(reservoir, 1, feedback=True, readout=Ridge(self.penalty), washout=self.washout)
        network.fit(torch.tanh(mackey_glass(self.steps, seed=seed) - 1))

        def forecast(heard: Tensor) -> Tensor:
            _, state = network.listen(torch.tanh(heard - 1)[..., None])
            free, _ = network.generate(HORIZON, state)
            return torch.atanh(free[..., 0].clamp(-0.99, 0.99)) + 1

        return forecast


JAEGER = {"radius": 0.79, "density": 0.0125, "decay": 0.396, "gain": 0.44, "input_scale": 0.56, "bias_scale": 0.028}
CHOSEN = {"radius": 0.79, "density": 0.0125, "decay": 0.5, "gain": 0.55, "input_scale": 1.0, "bias_scale": 0.1}
ROWS = {
    "400 as Jaeger": Row(400, JAEGER, 1e-14),
    "400": Row(400, CHOSEN, 1e-14),
    "1000": Row(1000, CHOSEN, 1e-14),
    "400, 21000 steps": Row(400, CHOSEN, 1e-14, steps=21_000),
}


def last_value(heard: Tensor) -> Tensor:
    """The last value, for ever."""
    return heard[:, -1:].expand(-1, HORIZON)


def autoregression(seed: int) -> Forecaster:
    """Linear in the last ORDER values, one step ahead, run free."""
    windows = mackey_glass(3000, seed=seed).unfold(0, ORDER + 1, 1)
    model = Ridge(1e-8).fit(windows[:, :-1], windows[:, -1:])

    def forecast(heard: Tensor) -> Tensor:
        for _ in range(HORIZON):
            heard = torch.cat([heard, model.predict(heard[:, -ORDER:])], dim=1)
        return heard[:, -HORIZON:]

    return forecast


def direct_regression(seed: int) -> Forecaster:
    """Linear in the last ORDER values, each of the next HORIZON steps by its own weights."""
    windows = mackey_glass(3000, seed=seed).unfold(0, ORDER + HORIZON, 1)
    model = Ridge(1e-8).fit(windows[:, :ORDER], windows[:, ORDER:])
    return lambda heard: model.predict(heard[:, -ORDER:])


@dataclass(frozen=True)
class Examination:
    """RUNS stretches of one series, which a forecaster hears for HEARD steps and continues for HORIZON."""

    series: Tensor  # (RUNS, HEARD + HORIZON)

    @classmethod
    def drawn(cls, seed: int) -> Examination:
        return cls(mackey_glass(RUNS * (HEARD + HORIZON), seed=seed).view(RUNS, HEARD + HORIZON))

    def errors(self, forecast: Forecaster) -> list[float]:
        """NRMSE in the coordinates of the series, at each step of the horizon."""
        found, truth = forecast(self.series[:, :HEARD]), self.series[:, HEARD:]
        variance = float(self.series.var())
        return [nrmse(found[:, k], truth[:, k], variance) for k in range(HORIZON)]


def reproduce(row: Row, examination: Examination, seeds: range) -> dict[str, Any]:
    """Learn and examine one reservoir for each seed."""
    curves, seconds = [], []
    for seed in seeds:
        begin = time.process_time()
        forecast = row.learn(seed)
        seconds.append(time.process_time() - begin)
        curves.append(examination.errors(forecast))
    finals = sorted(curve[-1] for curve in curves)
    median = statistics.median(finals)
    return {
        "settings": {**row.reservoir, "units": row.hidden_size, "penalty": row.penalty, "steps": row.steps},
        "reservoirs": len(seeds),
        "nrmse84": {"median": figure(median), "best": figure(finals[0]), "worst": figure(finals[-1])},
        "median with the variance 0.067": figure(median * (float(examination.series.var()) / JAEGER_VARIANCE) ** 0.5),
        "CPU seconds to draw and learn": figure(statistics.median(seconds)),
        "median by step": [figure(statistics.median(errors)) for errors in zip(*curves, strict=True)],
    }


def baselines(examination: Examination, seed: int) -> dict[str, Any]:
    """The same errors for forecasts without a reservoir."""
    forecasters = {
        "last value": last_value,
        f"linear autoregression of order {ORDER}, run free": autoregression(seed),
        f"linear regression on {ORDER} values, direct": direct_regression(seed),
    }
    curves = {name: examination.errors(forecast) for name, forecast in forecasters.items()}
    return {
        name: {"nrmse84": figure(curve[-1]), "median by step": [figure(error) for error in curve]}
        for name, curve in curves.items()
    }


def figure(value: float) -> float:
    return float(f"{value:.3g}")


def draw(results: Mapping[str, Any], path: Path) -> None:
    """Error against the step of the forecast."""
    from matplotlib.figure import Figure

    axes = (canvas := Figure(figsize=(8, 5), layout="constrained")).subplots()
    for name, found in results["rows"].items():
        axes.semilogy(range(1, HORIZON + 1), found["median by step"], label=f"echo state, {name}")
    for name, found in results["baselines"].items():
        axes.semilogy(range(1, HORIZON + 1), found["median by step"], "--", label=name)
    axes.plot([HORIZON], [2.8e-4], "k*", label="Jaeger (2001), 400 units, 3,000 steps")
    axes.set_xlabel("steps that the network has run free")
    axes.set_ylabel("NRMSE, median of the reservoirs")
    axes.legend(fontsize=7)
    canvas.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", default=list(ROWS), metavar="row", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--choose", action="store_true", help="other reservoirs and other series")
    arguments = parser.parse_args()
    seeds, examination = (
        (range(7), Examination.drawn(11)) if arguments.choose else (range(1000, 1020), Examination.drawn(2000))
    )
    target = HERE / ("chosen.json" if arguments.choose else "results.json")
    results = json.loads(target.read_text()) if target.exists() else {"rows": {}}
    results["baselines"] = baselines(examination, seeds[0])
    results["variance"] = figure(float(examination.series.var()))
    results["machine"] = {
        "seqloom": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
    }
    for name in arguments.rows:
        results["rows"][name] = reproduce(ROWS[name], examination, seeds)
        target.write_text(json.dumps(results, indent=2) + "\n")
        print(name, {k: v for k, v in results["rows"][name].items() if k != "median by step"}, flush=True)
    draw(results, target.with_name("error.png"))


if __name__ == "__main__":
    main()
