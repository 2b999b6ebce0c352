"""The two streams: data goes to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

import typer
from rich.console import Console
from rich.progress import Progress

__all__ = ["emit", "emit_json", "say", "stderr", "stdout", "watched"]


_WIDE = 10_000


def stderr() -> Console:
    """Return a console on the present stderr (made anew, because tests and pipes replace the stream)."""
    return Console(stderr=True, highlight=False)


def stdout() -> Console:
    """Return a console on the present stdout, for tables of data: so wide that no cell is cut."""
    return Console(highlight=False, soft_wrap=True, width=_WIDE)


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
    """Print one JSON object on one line of stdout."""
    emit(json.dumps(record, ensure_ascii=False, default=str))


@contextmanager
def watched(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a callback for (done, of how many) that moves a bar on stderr, if that is a terminal."""
    with Progress(console=stderr(), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _abandon(stream: TextIO) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
