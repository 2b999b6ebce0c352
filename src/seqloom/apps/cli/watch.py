"""``seqloom watch``: the surprise of each step of a stream as it comes, and alarms."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from seqloom.apps.cli.console import STDIN, emit, emit_json, say
from seqloom.apps.cli.flags import refuse_without_effect
from seqloom.apps.cli.loading import load_any
from seqloom.apps.cli.warned import warnings_said
from seqloom.errors import DataError, UsageError

if TYPE_CHECKING:
    from seqloom.tasks.watching.watcher import Step, Watcher

__all__ = ["watch"]

_MOST_DRAWN: Final = 20_000
_LONGEST: Final = 200
_LONGEST_LINE: Final = 1 << 20


def watch(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="A model directory.", show_default=False, readable=False)],
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="Lines of text, or rows of a table; - is standard input.")
    ] = "-",
    rate: Annotated[
        float | None,
        typer.Option(help="False alarms per step.", show_default="0.001, or the least that the calibration allows"),
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Take the levels from this file, of usual steps.", show_default="what fit held out"
        ),
    ] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="line|token", help="A step of a text.", show_default="line")
    ] = None,
    series: Annotated[
        str | None, typer.Option("--series", metavar="NAME", help="Which series of those of training this is.")
    ] = None,
    alarms: Annotated[bool, typer.Option("--alarms", help="Print only steps that ring.")] = False,
    picture: Annotated[
        Path | None, typer.Option(help="Draw what came, the statistics and the alarms.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each step.")] = False,
) -> None:
    """Print how surprising each step of a stream is to a model, as it comes, and what rings.

    A step is a line of text, or a row of numbers, with the names of columns in the first one or without. Of a row its
    time or line, its nats (−log p) and the alarms are printed; of a line of text its number, nats, nats per token,
    alarms and the line. Ctrl-C ends it, and what came is counted and drawn.
    """
    loaded = load_any(model)
    if not hasattr(loaded, "watch"):
        raise UsageError(f"{model} is of the task {loaded.task!r}, which does not predict its own input.")
    if picture is not None:
        from seqloom.inspection.picture import check_picture

        check_picture(picture)
    known = signature(loaded.watch).parameters
    of_task = {"unit": unit, "name": series}
    flags = [flag for flag, name in (("unit", "unit"), ("series", "name")) if name not in known]
    refuse_without_effect(context, [(True, f"for the task {loaded.task!r}", flags)])
    more = {name: value for name, value in of_task.items() if value is not None}
    with warnings_said():
        watcher = loaded.watch(rate, calibrate, **more)
    say(str(watcher))
    shown = _Shown(as_json, alarms)
    drawn: list[Step] = []
    code = 0
    try:
        for number, step in _steps(watcher, file):
            shown(number, step)
            if picture is not None and len(drawn) < _MOST_DRAWN:
                drawn.append(step)
    except KeyboardInterrupt:
        code = 130
    say(str(shown))
    if picture is not None:
        _draw(watcher, drawn, picture)
    raise typer.Exit(code)


def _steps(watcher: Watcher, file: str) -> Iterator[tuple[int, Step]]:
    """Each step with the number of its line, as soon as that has come."""
    name = STDIN if file == "-" else file
    with _opened(file) as lines:
        number = 0
        while True:
            try:
                line = lines.readline(_LONGEST_LINE)
            except UnicodeDecodeError:
                raise DataError(f"{name}, line {number + 1}: expected UTF-8.") from None
            if not line:
                return
            number += 1
            if len(line) == _LONGEST_LINE:
                raise DataError(f"{name}, line {number}: expected fewer than {_LONGEST_LINE:,} characters.")
            try:
                steps = watcher.line(line)
            except DataError as error:
                raise DataError(f"{name}, line {number}: {error}") from None
            yield from ((number, step) for step in steps)


@contextmanager
def _opened(file: str) -> Iterator[Any]:
    if file == "-":
        if sys.stdin is None:
            raise DataError("The standard input is closed. Give it a stream, or name a file.")
        yield sys.stdin
        return
    from seqloom.data.text.reader import no_such_file

    if not Path(file).is_file():
        raise DataError(no_such_file(file))
    with open(file, encoding="utf-8-sig", newline="") as lines:
        yield lines


class _Shown:
    """Prints steps, and counts them."""

    def __init__(self, as_json: bool, alarms: bool) -> None:
        self._as_json, self._alarms = as_json, alarms
        self._steps = self._ringing = self._unjudged = self._missing = 0
        self._rang = Counter[str]()

    def __call__(self, number: int, step: Step) -> None:
        self._steps += 1
        self._missing += step.found is None
        self._unjudged += step.found is not None and not step.judged
        self._ringing += step.alarm
        self._rang.update(alarm.statistic for alarm in step.alarms)
        if self._alarms and not step.alarm:
            return
        if self._as_json:
            emit_json(_record(number, step))
            return
        found, rang = step.found, ", ".join(map(str, step.alarms))
        said = rang or ("" if step.judged else "nothing to score" if found is None else "not judged yet")
        nats = "–" if found is None else f"{found.nats:.3f}"
        if found is not None and not len(found.values):
            emit("\t".join([str(number), nats, f"{found.nats / found.parts:.3f}", said, _one_line(step.label)]))
        else:
            emit(f"{step.label or number}\t{nats}\t{said}".rstrip("\t"))

    def __str__(self) -> str:
        rang = "".join(f", {name} {count:,}" for name, count in self._rang.most_common())
        rest = f" {self._unjudged:,} at the start were read and not judged." if self._unjudged else ""
        rest += f" In {self._missing:,} there was nothing to score." if self._missing else ""
        return f"{self._steps:,} steps, alarms in {self._ringing:,}{rang}.{rest}"


def _record(number: int, step: Step) -> dict[str, Any]:
    found = step.found
    mean = {} if found is None or len(found.values) else {"mean_surprise": found.nats / found.parts}
    return {
        "line": number,
        "label": step.label,
        "surprise": step.surprise,
        **mean,
        "judged": step.judged,
        "statistics": dict(step.statistics),
        "alarms": [alarm._asdict() for alarm in step.alarms],
    }


def _one_line(text: str) -> str:
    shown = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + "..."


def _draw(watcher: Watcher, steps: list[Step], picture: Path) -> None:
    import numpy as np

    from seqloom.inspection.alarms import draw_alarms

    def line(values: Iterator[float | None]) -> Any:
        return np.array([np.nan if value is None else value for value in values], np.float64)

    if not steps:
        say("Nothing came that could be drawn.")
        return
    values = {
        name: line(None if step.found is None else step.found.values[place] for step in steps)
        for place, name in enumerate(watcher.columns)
    }
    statistics = {name: line(step.statistics.get(name) for step in steps) for name in watcher.levels}
    rang = {
        name: [place for place, step in enumerate(steps) if any(one.statistic == name for one in step.alarms)]
        for name in watcher.levels
    }
    draw_alarms(values, statistics, watcher.levels, rang, picture)
    say(f"Drawn: {picture}" + (f", the first {_MOST_DRAWN:,} steps" if len(steps) == _MOST_DRAWN else ""))
