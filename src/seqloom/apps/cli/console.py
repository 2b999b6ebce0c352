"""The two streams: data goes to stdout, everything else to stderr."""

from __future__ import annotations

import json
import math
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from subprocess import list2cmdline
from typing import Any, TextIO

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

__all__ = ["add_row", "emit", "emit_json", "emit_table", "figure", "quoted", "say", "stderr", "watched"]

_WIDE = 10_000


def stderr() -> Console:
    """Return a console on the present stderr (made anew, because tests and pipes replace the stream)."""
    return Console(stderr=True, highlight=False)


def say(message: str, style: str | None = None) -> None:
    """Print a line for people, on stderr, never wrapped."""
    stderr().print(message, style=style, markup=False, soft_wrap=True)


def emit(text: str, end: str = "\n") -> None:
    """Print data on stdout at once; when the reader has gone, stop quietly."""
    try:
        sys.stdout.write(text + end)
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon(sys.stdout)
        raise typer.Exit(0) from None
    except UnicodeEncodeError:
        sys.stdout.write((text + end).encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding))


def emit_json(record: Mapping[str, Any]) -> None:
    """Print one JSON object on one line of stdout; what is not finite becomes null."""
    emit(json.dumps(_finite(record), ensure_ascii=False, allow_nan=False, default=str))


def add_row(table: Table, *cells: object, style: str | None = None) -> None:
    """Add a row of plain text, in which brackets are brackets and no markup."""
    table.add_row(*(Text(str(cell)) for cell in cells), style=style)


def emit_table(table: Table) -> None:
    """Print a table on stdout, so wide that no cell is cut."""
    page = StringIO()
    Console(file=page, highlight=False, soft_wrap=True, width=_WIDE, force_terminal=sys.stdout.isatty()).print(table)
    emit(page.getvalue(), end="")


def figure(value: float | None, form: str) -> str:
    """Return a number in a format, or a dash for none.

    >>> figure(2.0, ".3f"), figure(None, ".3f"), figure(math.inf, ".3f")
    ('2.000', '–', '–')
    """
    return "–" if value is None or not math.isfinite(value) else format(value, form)


def quoted(path: Path) -> str:
    """Return a path as it is typed in a shell.

    >>> quoted(Path("models/demo")), quoted(Path("my models/demo"))  # doctest: +SKIP
    ('models/demo', "'my models/demo'")
    """
    return list2cmdline([str(path)]) if os.name == "nt" else shlex.quote(str(path))


@contextmanager
def watched(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a callback for (done, of how many) that moves a bar on stderr, if that is a terminal."""
    with Progress(console=stderr(), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _abandon(stream: TextIO) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
