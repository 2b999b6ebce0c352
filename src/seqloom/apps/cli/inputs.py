"""The arguments that name text: files, folders and standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import typer

from seqloom.apps.cli.console import COPY, STDIN, say
from seqloom.errors import DataError, UsageError
from seqloom.tasks.door import Door
from seqloom.training.launch import launched

if TYPE_CHECKING:
    from seqloom.data import Files

__all__ = ["INPUTS", "inputs_name", "named_file", "read_data", "read_inputs"]

INPUTS: Final = "UTF-8 text files, folders of them, or - for standard input."


def read_inputs(context: typer.Context, inputs: Sequence[str]) -> Files:
    """Find the files that arguments name, for as long as the command runs, and say what is left out of folders."""
    from seqloom.data.text.sources import STANDARD_INPUT, open_files

    if STANDARD_INPUT in inputs:
        _prepare_standard_input()
    files: Files = context.with_resource(open_files(inputs))
    if files.left_out:
        say(files.remark())
    return files


def read_data(context: typer.Context, door: Door, inputs: Sequence[str]) -> tuple[Any, int]:
    """What arguments name, as the ``fit`` of a task takes it, and its bytes.

    Raises ``UsageError`` for several files where the task takes one, ``DataError`` where there is none.
    """
    if door.many:
        files = read_inputs(context, inputs)
        return files, files.size
    from seqloom.data.text.reader import no_such_file

    if len(inputs) > 1:
        raise UsageError(f"Expected one file or folder, got {len(inputs)}: {', '.join(inputs)}.")
    path = named_file(context, inputs[0])
    if not path.exists():
        raise DataError(no_such_file(inputs[0]))
    return path, sum(one.stat().st_size for one in (path.rglob("*") if path.is_dir() else [path]) if one.is_file())


def named_file(context: typer.Context, name: str) -> Path:
    """The file or folder that an argument names; of - a copy of standard input, for as long as the command runs.

    Raises DataError where that is closed or empty.
    """
    from seqloom.data.tables.stated import suffix_of
    from seqloom.data.text.sources import STANDARD_INPUT, blocks_of_standard_input

    if name != STANDARD_INPUT:
        return Path(name)
    _prepare_standard_input()
    blocks = blocks_of_standard_input()
    first = next(blocks)
    folder = Path(context.with_resource(TemporaryDirectory(prefix=COPY)))
    copy = folder / f"{STDIN}{suffix_of(first)}"
    with copy.open("wb") as file:
        file.writelines(chain([first], blocks))
    return copy


def _prepare_standard_input() -> None:
    """Say how it ends where somebody types it. Raises UsageError where several processes would share it."""
    if launched()[1] > 1:
        raise UsageError("- is for one process: several cannot read the same standard input. Give a file.")
    if sys.stdin is not None and sys.stdin.isatty():
        say("Reading standard input; it ends with Ctrl-D (on Windows Ctrl-Z and Enter).")


def inputs_name(inputs: Sequence[str]) -> str:
    """Return what to call a model of these texts: the name of the first, or "stdin".

    >>> inputs_name(["letters/1.txt", "letters/2.txt"]), inputs_name(["-"])
    ('1', 'stdin')
    """
    if inputs[0] == "-":
        return "stdin"
    first = Path(inputs[0])
    return (first.resolve().name if os.path.isdir(first) else first.stem) or "text"
