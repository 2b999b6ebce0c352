"""The tables of the probes: adding, copy, associative recall, parity; several families, three seeds.

    python reproductions/probes/run.py                    # all, hours on two cores; stop it and start it again at will
    python reproductions/probes/run.py parity mqar        # some
    python reproductions/probes/run.py parity --seeds 1 --minutes 0.5

Each run is kept as one file in results/ and is not run again. A table and a picture of each probe are made anew each
time, PROBE.md and PROBE.png.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqloom.probes import Adding, AssociativeRecall, Copy, Parity, Probe
from seqloom.tasks.probing.picture import draw_results
from seqloom.tasks.probing.results import Point, ProbeResult
from seqloom.tasks.probing.run import Watch
from seqloom.tasks.probing.settings import ProbeSettings
from seqloom.tasks.probing.table import run_probes, summarise

HERE = Path(__file__).parent
RESULTS = HERE / "results"


@dataclass(frozen=True)
class Row:
    """Models that share their settings, each run with ``seeds`` seeds."""

    models: tuple[str, ...]
    settings: ProbeSettings
    seeds: int = 3


@dataclass(frozen=True)
class Experiment:
    """One table."""

    probe: Probe
    rows: tuple[Row, ...]


_ADDING = ProbeSettings(learning_rate=2e-3, steps=5000, minutes=3, evaluate_every=250)
_COPY = ProbeSettings(learning_rate=1e-3, steps=5000, minutes=2.5, evaluate_every=100, held_out=200)
_RECALL = ProbeSettings(
    learning_rate=2e-3, warmup_steps=100, batch_size=64, embedding=64, steps=3000, minutes=10, evaluate_every=250
)
_PARITY = ProbeSettings(learning_rate=2e-3, batch_size=64, steps=20000, minutes=2.5, evaluate_every=500, held_out=500)
_BLOCKS: dict[str, Any] = {"warmup_steps": 100, "learning_rate": 1e-3}

EXPERIMENTS = {
    "adding": Experiment(
        Adding(length=600),
        (
            Row(("elman(64)", "lstm(64)", "gru(64)"), _ADDING),
            Row(("2*mingru(32, chrono=600)",), replace(_ADDING, **_BLOCKS)),
            Row(
                ("lru(32) + lru(32, r_min=0.99, max_phase=0.1)",),
                replace(_ADDING, learning_rate=4e-3, warmup_steps=100, minutes=4),
            ),
        ),
    ),
    "copy": Experiment(
        Copy(delay=1000),
        (
            Row(("elman(64)", "lstm(64)", "gru(64)", "2*mingru(32, chrono=1000)"), _COPY),
            Row(("lru(64, units=128, r_min=0.999)",), replace(_COPY, learning_rate=5e-3, evaluate_every=50)),
        ),
    ),
    "mqar": Experiment(
        AssociativeRecall(length=64, pairs=4, symbols=256),
        (
            Row(("2*attention(64, heads=1)", "2*gated-deltanet(64, heads=1)"), _RECALL),
            Row(("2*lstm(64)", "2*gru(64)", "2*mingru(64)", "2*lru(64)"), _RECALL, seeds=1),
        ),
    ),
    "parity": Experiment(
        Parity(length=40, longest=500),
        (
            Row(("elman(64)", "lstm(64)", "gru(64)"), _PARITY),
            Row(("2*mingru(64)", "2*lru(64)", "2*transformer(64)"), replace(_PARITY, **_BLOCKS)),
        ),
    ),
}


def run(name: str, seeds: int, minutes: float | None) -> list[ProbeResult]:
    """All runs of one table."""
    experiment = EXPERIMENTS[name]
    found: list[ProbeResult] = []
    for row in experiment.rows:
        settings = replace(row.settings, minutes=minutes or row.settings.minutes)
        chosen = range(min(seeds, row.seeds))
        found += run_probes(experiment.probe, row.models, chosen, settings, RESULTS, watch)
    return found


def watch(model: str, seed: int) -> Watch:
    """Print each judgement once."""
    shown: list[Point] = []

    def show(share: float, point: Point | None) -> None:
        if point is not None and point not in shown[-1:]:
            shown.append(point)
            print(f"{model}, seed {seed}, {share:.0%}: {point}", flush=True)

    return show


def table(name: str, found: list[ProbeResult]) -> str:
    """The results as a table in Markdown; figures are medians over the seeds."""
    probe = EXPERIMENTS[name].probe
    baseline = probe.baseline()
    lines = [
        f"## {probe}\n",
        f"Trivial: loss {baseline.loss:.4g}, right {baseline.accuracy:.3f}.\n",
        f"| model | weights | solved | loss ({probe.answer.unit}) | right | whole | longer right | steps | seconds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in summarise(found):
        longer = "–" if one.longer_accuracy is None else f"{one.longer_accuracy:.3f}"
        shares = f"{one.accuracy:.3f} | {one.whole:.3f} | {longer}"
        words = f"| `{one.model}` | {one.parameters:,} | {one.solved} of {one.runs} | {one.loss:.3g}"
        lines.append(f"{words} | {shares} | {one.steps:.0f} | {one.seconds:.0f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("probes", nargs="*", metavar="probe", help=f"of {', '.join(EXPERIMENTS)}; default: all")
    parser.add_argument("--seeds", type=int, default=3, help="at most so many runs of a model")
    parser.add_argument("--minutes", type=float, help="the most for one run, instead of what is chosen for it")
    arguments = parser.parse_args()
    unknown = set(arguments.probes) - set(EXPERIMENTS)
    if unknown:
        parser.error(f"no such table: {', '.join(unknown)}; there are {', '.join(EXPERIMENTS)}")
    for name in arguments.probes or EXPERIMENTS:
        found = run(name, arguments.seeds, arguments.minutes)
        draw_results(EXPERIMENTS[name].probe, found, HERE / f"{name}.png")
        text = table(name, found)
        (HERE / f"{name}.md").write_text(text, encoding="utf-8")
        print(text, file=sys.stdout, flush=True)


if __name__ == "__main__":
    main()
