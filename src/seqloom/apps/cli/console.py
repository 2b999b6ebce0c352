"""The two streams: data goes to stdout and is never changed in silence, everything else to stderr and never fails."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import StringIO, TextIOWrapper
from pathlib import Path
from subprocess import list2cmdline
from typing import Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from seqloom.errors import StorageError, UsageError
from seqloom.training.lossy import encode, lossy

__all__ = [
    "COPY",
    "STDIN",
    "Page",
    "add_row",
    "emit",
    "emit_bytes",
    "emit_json",
    "emit_page",
    "emit_table",
    "figure",
    "give_up",
    "quoted",
    "say",
    "stderr",
    "typed",
    "use_encoding",
    "watched",
    "without_copy",
]

_WIDE = 10_000
STDIN, COPY = "standard input", "seqloom-stdin-"
"""What standard input is called, and how the folder begins that holds a copy of it."""
_COPIED = re.compile(rf"[^\s'\"]*{COPY}\w+[/\\]{STDIN}(?:\.\w+)?")


def stderr() -> Console:
    """Return a console on the present stderr (made anew, because tests and pipes replace the stream)."""
    return Console(file=lossy(sys.stderr), highlight=False)  # type: ignore[arg-type]


def say(message: str, style: str | None = None) -> None:
    """Print a line for people, on stderr, never wrapped; dropped where stderr is closed, full or stalled."""
    stderr().print(without_copy(message), style=style, markup=False, soft_wrap=True)


def without_copy(text: str) -> str:
    """The same, where a copy of standard input is called what it is.

    >>> without_copy("/tmp/seqloom-stdin-x1/standard input.csv, line 3: expected two columns.")
    'standard input, line 3: expected two columns.'
    """
    return _COPIED.sub(STDIN, text)


def emit(text: str, end: str = "\n") -> None:
    """Print data on stdout at once; when the reader has gone, stop quietly.

    What is half of a character (a lone surrogate: a byte of a path, say) is written as an escape, \\udc80. Raises
    ``UsageError`` for a character that the encoding of stdout lacks, ``StorageError`` where stdout cannot be written.
    """
    with _printing():
        try:
            sys.stdout.write(_whole(text + end))
        except UnicodeEncodeError as error:
            raise UsageError(_lacks(sys.stdout.encoding, error.object[error.start])) from None
        sys.stdout.flush()


def emit_bytes(data: bytes) -> None:
    """Print data that is encoded already, as :func:`emit` does."""
    with _printing():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


@contextmanager
def _printing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        give_up()
        raise typer.Exit(0) from None
    except OSError as error:
        give_up()
        why = error.strerror or error
        raise StorageError(f"stdout could not be written ({why}). What was saved before that is complete.") from None
    except KeyboardInterrupt:
        give_up()
        raise


def emit_json(record: Mapping[str, Any]) -> None:
    """Print one JSON object on one line of stdout; what is not finite becomes null.

    Characters are readable where stdout is UTF-8, \\u escapes elsewhere.
    """
    readable = _encoding().lower().replace("_", "-") in ("utf-8", "utf8")
    emit(json.dumps(_finite(record), ensure_ascii=not readable, allow_nan=False, default=str))


def add_row(table: Table, *cells: object, style: str | None = None) -> None:
    """Add a row of plain text, in which brackets are brackets and no markup."""
    table.add_row(*(Text(str(cell)) for cell in cells), style=style)


class Page(StringIO):
    """Where Rich draws what is for stdout: it has stdout's colours and encoding, and fails at nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._stdout, self._encoding = sys.stdout, _encoding()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._stdout.isatty()


def emit_page(page: Page) -> None:
    """Print a page on stdout; signs that its encoding lacks become plain ones, other characters escapes."""
    emit(encode(_whole(page.getvalue()), page.encoding).decode(page.encoding), end="")


def emit_table(table: Table) -> None:
    """Print a table on stdout, so wide that no cell is cut."""
    page = Page()
    Console(file=page, highlight=False, soft_wrap=True, width=_WIDE).print(table)
    emit_page(page)


def use_encoding(name: str) -> None:
    """Write stdout in this encoding; ``UsageError`` where Python knows no such one."""
    try:
        "".encode(name)
    except (LookupError, ValueError):
        raise UsageError(f"--encoding: expected one that Python knows (utf-8, latin-1, …), got {name!r}.") from None
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding=name, errors=sys.stdout.errors)


def give_up() -> None:
    """Let stdout end in the null device, so that nobody trips over what is still waiting to be written."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def figure(value: float | None, form: str) -> str:
    """Return a number in a format, or a dash for none.

    >>> figure(2.0, ".3f"), figure(None, ".3f"), figure(math.inf, ".3f")
    ('2.000', '–', '–')
    """
    return "–" if value is None or not math.isfinite(value) else format(value, form)


def quoted(path: Path) -> str:
    """Return a path as it is typed in a shell, on one line.

    >>> quoted(Path("models/demo")), quoted(Path("my models/demo"))  # doctest: +SKIP
    ('models/demo', "'my models/demo'")
    """
    return typed(f"./{path}" if str(path).startswith("-") else str(path))


def typed(text: str) -> str:
    """Return a word as it is typed in a shell, on one line.

    >>> typed("a word"), typed("word")  # doctest: +SKIP
    ("'a word'", 'word')
    """
    if os.name == "nt":
        return list2cmdline([text])
    if text.isprintable():
        return shlex.quote(text)
    safe = (chr(byte) if 32 <= byte < 127 and byte not in b"\\'" else f"\\{byte:03o}" for byte in os.fsencode(text))
    return f"$'{''.join(safe)}'"


@contextmanager
def watched(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a callback for (done, of how many) that moves a bar on stderr, if that is a terminal."""
    console, together = stderr(), sys.stdout.isatty()  # elsewhere Rich would take data off stdout to where the bar is
    with Progress(console=console, transient=True, disable=not console.is_terminal, redirect_stdout=together) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _whole(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _lacks(encoding: str, character: str) -> str:
    return (
        f"stdout is {encoding}, which has no {character!r} (U+{ord(character):04X}). Write UTF-8 with `seqloom "
        "--encoding utf-8 …` or PYTHONUTF8=1 in the environment; --json, where there is one, escapes such characters."
    )
