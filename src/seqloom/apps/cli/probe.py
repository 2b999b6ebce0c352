"""``seqloom probe``: what models can and cannot learn, on generated tasks with a known answer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from seqloom.apps.cli.console import add_row, emit, emit_json, emit_table, figure, say, watched
from seqloom.apps.cli.settings import read_settings, takes_settings
from seqloom.errors import Interrupted, UsageError, did_you_mean, raise_together
from seqloom.settings import COUNT, Whole, flat, nested, read
from seqloom.tasks.probing.settings import ProbeSettings

if TYPE_CHECKING:
    from seqloom.probes import Probe
    from seqloom.tasks.probing.results import Point, ProbeResult

__all__ = ["PROBE_SETTINGS", "probe"]

_BAR = 1000

PROBE_SETTINGS = flat(ProbeSettings)


@takes_settings(PROBE_SETTINGS, defaults=True)
def probe(
    name: Annotated[
        str | None, typer.Argument(help="The probe; without it all are listed.", show_default=False)
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option("--models", "-m", help="Layers in words, with commas between models (default: lstm(128))."),
    ] = None,
    sizes: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="SIZE=INT", help="A size of the probe: --set length=100.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each model, with the seeds 0, 1, …")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Keep results here; those that are here are not run again.")
    ] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw the learning curves into this file.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List all probes with their trivial baselines.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each run.")] = False,
    **flags: Any,
) -> None:
    """Train models on a generated task with a known answer, and compare them with the trivial baseline."""
    if name is None or listing:
        _print_probes(as_json)
        return
    from seqloom.layers import parse_spec
    from seqloom.tasks.probing.table import run_probes

    chosen = _read_probe(name, sizes or [])
    settings = ProbeSettings(**nested(ProbeSettings, read_settings(PROBE_SETTINGS, flags, None)))
    words = dict.fromkeys(str(parse_spec(model)) for text in models or ["lstm(128)"] for model in _split(text))
    if plot is not None:
        from seqloom.inspection.picture import check_picture
        from seqloom.tasks.probing.picture import draw_results

        check_picture(plot)
    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; --out names a folder.")
    found: list[ProbeResult] = []
    try:
        with _watcher(chosen, settings, quiet) as watch:
            for result in run_probes(chosen, tuple(words), range(seeds), settings, out, watch):
                found.append(result)
                if as_json:
                    emit_json({**result.to_data(), "solved": result.solved})
    except (KeyboardInterrupt, Interrupted):
        kept = f"kept in {out}; the same command goes on from there" if out else "lost; --out DIR would keep them"
        say(f"\nStopped. {len(found)} of {len(words) * seeds} runs were done. They are {kept}.", style="yellow")
        raise
    if not as_json:
        _print_results(chosen, found)
    if plot is not None:
        draw_results(chosen, found, plot)
        say(f"Drawn: {plot}")


def _read_probe(name: str, sizes: Sequence[str]) -> Probe:
    """The probe of that name, with the sizes that are given as SIZE=INT."""
    from seqloom.probes import PROBES

    kinds = {kind.name: kind for kind in PROBES}
    if name not in kinds:
        raise UsageError(f"No probe is called {name!r}; there are {', '.join(kinds)}.{did_you_mean(name, kinds)}")
    known = list(kinds[name]().sizes())
    given: dict[str, int] = {}
    problems = []
    for text in sizes:
        key, _, value = text.partition("=")
        if key not in known:
            problems.append(f"--set: {name} has no size {key!r}; it has {', '.join(known)}.{did_you_mean(key, known)}")
            continue
        try:
            given[key] = read(f"--set {key}", Whole(COUNT), value)
        except UsageError as error:
            problems += error.problems
    raise_together(problems)
    return kinds[name](**given)


def _split(models: str) -> Iterator[str]:
    """Cut at the commas outside brackets; raises UsageError where nothing stands between two of them.

    >>> list(_split("gru(8, reset=before), lstm"))
    ['gru(8, reset=before)', 'lstm']
    """
    depth, words = 0, [""]
    for letter in models:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            words.append("")
        else:
            words[-1] += letter
    for word in map(str.strip, words):
        if not word:
            raise UsageError(
                f"--models: expected layers in words, got an empty model{' between commas' * (len(words) > 1)}: "
                f"{models!r}. Write them as in --models 'lstm(64), gru(64)'."
            )
        yield word


@contextmanager
def _watcher(
    chosen: Probe, settings: ProbeSettings, quiet: bool
) -> Iterator[Callable[[str, int], Callable[[float, Point | None], None]]]:
    """Give a maker of watchers: a line for the run, a bar for the share that is done, a line for each judgement."""
    limit = f"{settings.steps} steps" + (f" or {settings.minutes:g} minutes" if settings.minutes else "")
    with watched("probing") as bar:

        def watch(model: str, seed: int) -> Callable[[float, Point | None], None]:
            shown: list[Point] = []
            if not quiet:
                say(f"Training {model}, seed {seed}, on {chosen}: at most {limit}.")

            def show(share: float, point: Point | None) -> None:
                if quiet:
                    return
                bar(int(share * _BAR), _BAR)
                if point is not None and point not in shown[-1:]:
                    shown.append(point)
                    say(f"{model}, seed {seed}: {point}")

            return show

        yield watch


def _print_results(chosen: Probe, found: Sequence[ProbeResult]) -> None:
    from seqloom.tasks.probing.table import summarise

    baseline, rows = chosen.baseline(), summarise(found)
    longer = any(row.longer_accuracy is not None for row in rows)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model")
    columns = ("parameters", "solved", f"loss ({chosen.answer.unit})", "right", "whole")
    for column in (*columns, *(["right when longer"] if longer else []), "steps", "seconds"):
        table.add_column(column, justify="right")
    add_row(table, "trivial", "–", "–", f"{baseline.loss:.3g}", f"{baseline.accuracy:.3f}")
    for row in rows:
        more = [figure(row.longer_accuracy, ".3f")] if longer else []
        shown = (f"{row.parameters:,}", f"{row.solved}/{row.runs}", figure(row.loss, ".3g"))
        shares = (figure(row.accuracy, ".3f"), figure(row.whole, ".3f"))
        add_row(table, row.model, *shown, *shares, *more, f"{row.steps:.0f}", f"{row.seconds:.0f}")
    emit(f"{chosen}: median of the seeds\n")
    emit_table(table)


def _print_probes(as_json: bool) -> None:
    from seqloom.probes import PROBES

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("probe", "trivial loss", "trivial right", "sizes", "what is asked"):
        table.add_column(column, justify="right" if column.startswith("trivial") else "left")
    for kind in PROBES:
        one = kind()
        baseline, aim = one.baseline(), inspect.getdoc(kind).split("\n")[0]  # type: ignore[union-attr]
        if as_json:
            emit_json({"probe": kind.name, **baseline._asdict(), "sizes": one.sizes(), "aim": aim})
        else:
            sizes = ", ".join(f"{key}={value}" for key, value in one.sizes().items())
            add_row(table, kind.name, f"{baseline.loss:.4g}", f"{baseline.accuracy:.3f}", sizes, aim)
    if not as_json:
        emit_table(table)
