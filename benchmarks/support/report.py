"""What a benchmark leaves behind: a table on the screen, a JSON file and a plot in ``results/``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from support import THREADS
from support.harness import Case, Clock, Mismatch, Timing, measure
from support.machine import describe
from support.plots import bars

__all__ = ["RESULTS", "Report"]

RESULTS = Path(__file__).resolve().parent.parent / "results"
CONSOLE = Console(width=None if sys.stdout.isatty() else 160)


class Report:
    """Collects the timings of one benchmark; ``finish`` prints and writes them.

    ``purpose`` is one line; ``plot(timings, title, path)`` draws (default: a bar for every peer).
    """

    def __init__(self, name: str, purpose: str, plot: Callable[[Sequence[Timing], str, Path], None] = bars) -> None:
        torch.set_num_threads(THREADS)
        torch.manual_seed(0)
        self.name = name
        self.purpose = purpose.strip().partition("\n")[0]
        self.plot = plot
        self.machine = describe()
        self.timings: list[Timing] = []
        self.skipped: dict[str, str] = {}

    def add(self, *cases: Case, seconds: float, clock: Clock = time.perf_counter) -> list[Timing]:
        """Compare and time ``cases`` in the same rounds; a mismatch ends the program, and nothing is written."""
        for case in cases:
            print(f"{self.name}: {case}", file=sys.stderr)
        try:
            timings = measure(cases, seconds, clock)
        except Mismatch as mismatch:
            sys.exit(f"{self.name}: {mismatch}")
        self.timings += timings
        return timings

    def skip(self, peer: str, package: str) -> None:
        """Say that ``peer`` takes no part, because ``package`` is not installed."""
        self.skipped[peer] = f"skipped: {package} is not installed; pip install 'seqloom[bench]'"

    def finish(self) -> None:
        """Print the table, write ``results/<name>.json`` and draw ``results/<name>.png``."""
        CONSOLE.print(self._table())
        for timing in self.timings:
            for name, value in timing.facts.items():
                shown = value if isinstance(value, str) else f"{value:.2f}"
                CONSOLE.print(f"{timing.case}: {name}: {shown}", highlight=False)
        for peer, why in self.skipped.items():
            CONSOLE.print(f"{peer}: {why}", highlight=False)
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(self._data(), indent=1, ensure_ascii=False)
        (RESULTS / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")
        try:
            self.plot(self.timings, self.purpose, RESULTS / f"{self.name}.png")
        except ModuleNotFoundError as error:
            CONSOLE.print(f"No plot: {error.name} is not installed; pip install 'seqloom[plots]'")

    def _table(self) -> Table:
        peaks = ", ".join(f"{name.partition(',')[0]} {self.machine[name]} {name.rpartition(' ')[2]}" for name in PEAKS)
        table = Table(title=self.purpose, caption=f"{self.machine['instruction set']}; {peaks}", title_justify="left")
        table.add_column("case")
        table.add_column("peer")
        for heading in ("median", "quartiles", "× first", "goal", "% of peak", "differs by"):
            table.add_column(heading, justify="right")
        for timing in self.timings:
            for row in _rows(timing):
                table.add_row(*row)
            table.add_section()
        return table

    def _data(self) -> dict[str, Any]:
        cases = [_timing_data(timing) for timing in self.timings]
        return {
            "benchmark": self.name,
            "purpose": self.purpose,
            "machine": self.machine,
            "cases": cases,
            "skipped": self.skipped,
        }


PEAKS = ("FMA peak, GFLOP/s", "copy bandwidth, GB/s")


def _rows(timing: Timing) -> list[list[str]]:
    rows = []
    for k, peer in enumerate(timing.case.peers):
        low, high = timing.quartiles(peer.name)
        share, ratio = timing.share(peer.name), timing.ratio(peer.name)
        goals = [_goal(ratio, peer.goal, "≥ {:.2f}")]
        if k == 0:
            goals.append(
                _goal(100 * (share or 0), timing.case.share_goal and 100 * timing.case.share_goal, "≥ {:.0f} %")
            )
        rows.append(
            [
                str(timing.case) if k == 0 else "",
                peer.name,
                _duration(timing.median(peer.name)),
                f"{_duration(low)} – {_duration(high)}",
                "" if k == 0 else f"{ratio:.2f}",
                " ".join(filter(None, goals)),
                "" if share is None else f"{100 * share:.0f}",
                "" if k == 0 else f"{timing.differences[peer.name]:.0e}",
            ]
        )
    return rows


def _goal(value: float, goal: float | None, text: str) -> str:
    return "" if goal is None else f"{text.format(goal)} {'holds' if value >= goal else 'missed'}"


def _duration(seconds: float) -> str:
    return f"{1e3 * seconds:.1f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.2f} µs"


def _timing_data(timing: Timing) -> dict[str, Any]:
    case = timing.case
    peers = [
        {
            "name": peer.name,
            "median seconds": timing.median(peer.name),
            "quartiles": timing.quartiles(peer.name),
            "ratio to the first": timing.ratio(peer.name),
            "goal": peer.goal,
            "share of the yardstick": timing.share(peer.name),
            "largest relative difference": timing.differences[peer.name],
            "samples": timing.samples[peer.name],
        }
        for peer in case.peers
    ]
    yardstick = case.yardstick and {
        "name": case.yardstick.name,
        "unit": case.yardstick.unit,
        "per second": timing.best_rate,
        "share goal": case.share_goal,
    }
    return {
        "name": case.name,
        "sizes": dict(case.sizes),
        "work": case.work,
        "yardstick": yardstick,
        "peers": peers,
        "facts": timing.facts,
    }
