"""What a person sees of a run, on stderr: a bar with loss, tokens a second and time left, or nothing.

Whatever becomes of stderr, the run goes on (``lossy``).
"""

from __future__ import annotations

import sys
import time
from typing import NamedTuple, Protocol

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Column

from seqloom.training.log import Record
from seqloom.training.lossy import lossy

__all__ = ["REDRAW_SECONDS", "Lines", "Live", "Progress", "Silent", "View", "show"]


REDRAW_SECONDS = 0.2
_RATE = "_per_second"


class View(NamedTuple):
    """A glance at a run: ``done`` is the finished share, ``left`` the seconds to go (None: not known yet).

    ``rate`` is how much a second of what; ``watched`` the name and best value of what is watched, once there is one.
    """

    step: int
    done: float
    loss: float
    rate: tuple[float, str]
    left: float | None
    watched: tuple[str, float] | None


class Progress(Protocol):
    """Who watches a run, from ``start`` to ``stop``. All calls are cheap; ``update`` comes a few times a second."""

    def start(self) -> None: ...
    def update(self, view: View) -> None: ...
    def record(self, record: Record) -> None: ...
    def watch(self, what: str, done: int, total: int) -> None: ...
    def message(self, text: str) -> None: ...
    def stop(self) -> None: ...


def show(asked: bool | None = None) -> Progress:
    """Return the way to watch: live on a terminal, plain lines elsewhere if ``asked``, else silence."""
    if asked is False:
        return Silent()
    if lossy(sys.stderr).isatty():
        return Live()
    return Lines() if asked else Silent()


class Silent:
    """Nobody watches."""

    def start(self) -> None:
        """Do nothing."""

    def update(self, view: View) -> None:
        """Do nothing."""

    def record(self, record: Record) -> None:
        """Do nothing."""

    def watch(self, what: str, done: int, total: int) -> None:
        """Do nothing."""

    def message(self, text: str) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""


class Lines(Silent):
    """One plain line for every record, for a log file."""

    def __init__(self) -> None:
        self._stream = lossy(sys.stderr)

    def record(self, record: Record) -> None:
        """Print a record."""
        judged = [f"{_words(name)} {value:.4f}" for name, value in record.items() if _is_said(name)]
        rates = [f"{value:,.0f} {name.removesuffix(_RATE)}/s" for name, value in record.items() if name.endswith(_RATE)]
        parts = [f"step {record['step']:,}", f"loss {record['loss']:.4f}", *judged, *rates]
        self._stream.write("  ".join(parts) + "\n")

    def message(self, text: str) -> None:
        """Print a sentence."""
        self._stream.write(f"{text}\n")


class Live:
    """A bar that redraws itself in place."""

    def __init__(self, console: Console | None = None) -> None:
        self._bar = Bar(
            BarColumn(bar_width=None, table_column=Column(ratio=1, max_width=40)),
            TextColumn("{task.percentage:>3.0f}%", table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[numbers]}", table_column=Column(no_wrap=True)),
            console=console or Console(file=lossy(sys.stderr)),  # type: ignore[arg-type]
            auto_refresh=False,
            redirect_stdout=lossy(sys.stdout).isatty(),  # elsewhere Rich would take data off stdout to where the bar is
            expand=True,
        )
        self._task = self._bar.add_task("training", total=1.0, numbers="")
        self._watched = 0.0

    def start(self) -> None:
        """Begin to draw."""
        self._bar.start()

    def update(self, view: View) -> None:
        """Draw the latest numbers."""
        numbers = [f"loss {view.loss:.3f}"]
        if view.watched is not None:
            name, value = view.watched
            numbers.append(f"{name} {value:.3f}")
        rate, counted = view.rate
        numbers.append(f"{rate:,.0f} {counted}/s")
        if view.left is not None:
            numbers.append(f"{_clock(view.left)} left")
        self._bar.update(self._task, completed=view.done, numbers=" · ".join(numbers), refresh=True)

    def record(self, record: Record) -> None:
        """Do nothing: the bar shows it already."""

    def watch(self, what: str, done: int, total: int) -> None:
        """Say how much of ``what`` is done: of reading the text, of scoring the held-out part."""
        now = time.monotonic()
        if now - self._watched >= REDRAW_SECONDS or done == total:
            self._watched = now
            self._bar.update(self._task, numbers=f"{what}, {done / total:.0%}", refresh=True)

    def message(self, text: str) -> None:
        """Print a sentence above the bar."""
        self._bar.console.print(text, highlight=False, markup=False)

    def stop(self) -> None:
        """Leave the last numbers on the screen."""
        self._bar.stop()


def _is_said(name: str) -> bool:
    """Whether a figure is one of what was held out as a whole, and not of a part of it (``f1 of person``)."""
    return name.startswith("validation_") and " of " not in name


def _words(name: str) -> str:
    """Return "validation" for the loss, and else what it is, in words.

    >>> _words("validation_loss"), _words("validation_macro_f1")
    ('validation', 'validation macro f1')
    """
    return name.removesuffix("_loss").replace("_", " ")


def _clock(seconds: float) -> str:
    """Return 1:05 for 65 seconds, 2:00:05 for two hours and five.

    >>> _clock(65), _clock(7205)
    ('1:05', '2:00:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
