"""Many runs of one probe: models and seeds, the runs that are there left out, and a line for each model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import NamedTuple

from seqloom.layers import parse_spec
from seqloom.probes import Probe
from seqloom.tasks.probing.results import ProbeResult, load_result, result_path, save_result
from seqloom.tasks.probing.run import Watch, build_model, run_probe
from seqloom.tasks.probing.settings import ProbeSettings

__all__ = ["Summary", "run_probes", "summarise"]


class Summary(NamedTuple):
    """One model over its seeds: how many ``runs``, how many of them ``solved``; the rest are medians.

    ``longer_accuracy`` is None where the probe asks for no longer sequences.
    """

    model: str
    parameters: int
    runs: int
    solved: int
    loss: float
    accuracy: float
    whole: float
    longer_accuracy: float | None
    steps: float
    seconds: float


def run_probes(
    probe: Probe,
    models: Sequence[str],
    seeds: Iterable[int],
    settings: ProbeSettings,
    directory: Path | None = None,
    watch: Callable[[str, int], Watch] = lambda model, seed: lambda share, point: None,
) -> Iterator[ProbeResult]:
    """Run every model with every seed, one after the other, and yield each result.

    With a ``directory`` a result is written as soon as it is there, and a run whose result is there already is read
    instead: what breaks off loses the present run only. ``watch`` gives the watcher of a run. All models are built
    once before the first run, so that a wrong word costs nothing.
    """
    names, seeds = [str(parse_spec(model)) for model in models], tuple(seeds)
    for name in names:
        build_model(probe, name, settings.embedding)
    for name in names:
        for seed in seeds:
            chosen = replace(settings, seed=seed)
            path = result_path(directory, probe, name, chosen) if directory else None
            if path and path.exists():
                yield load_result(path)
                continue
            result = run_probe(probe, name, chosen, watch(name, seed))
            if path:
                save_result(result, path)
            yield result


def summarise(results: Iterable[ProbeResult]) -> list[Summary]:
    """A line for each model, in the order given; equal models stand together."""
    return [_summary(list(runs)) for _, runs in groupby(results, lambda result: result.model)]


def _summary(runs: list[ProbeResult]) -> Summary:
    last = [run.last for run in runs]
    longer = [point.longer.accuracy for point in last if point.longer]
    return Summary(
        model=runs[0].model,
        parameters=runs[0].parameters,
        runs=len(runs),
        solved=sum(run.solved for run in runs),
        loss=median(point.measures.loss for point in last),
        accuracy=median(point.measures.accuracy for point in last),
        whole=median(point.measures.whole for point in last),
        longer_accuracy=median(longer) if longer else None,
        steps=median(point.step for point in last),
        seconds=median(point.seconds for point in last),
    )
