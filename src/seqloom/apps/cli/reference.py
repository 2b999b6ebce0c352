"""The help of every command as plain text, for the reference pages."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from unittest.mock import patch

import typer

from seqloom.apps.cli.main import app, run
from seqloom.tasks.registry import tasks

__all__ = ["help_pages"]


def help_pages(width: int = 100) -> dict[str, str]:
    """Return "seqloom train" → its help, ``width`` columns wide and without colour; ``train`` also for each task."""
    pages = {}
    for words in (*_commands(app), *(["train", "--task", task] for task in tasks())):
        page = io.StringIO()
        fixed = {"COLUMNS": str(width), "TERMINAL_WIDTH": str(width), "NO_COLOR": "1", "TERM": "dumb"}
        with patch.dict("os.environ", fixed), redirect_stdout(page):
            run([*words, "--help"])
        pages[" ".join(["seqloom", *words])] = "\n".join(line.rstrip() for line in page.getvalue().strip().split("\n"))
    return pages


def _commands(group: typer.Typer | None, *words: str) -> Iterator[list[str]]:
    """The words of a group and of every command in it."""
    if group is None:
        return
    yield [*words]
    for command in group.registered_commands:
        if command.callback is not None:
            yield [*words, command.name or command.callback.__name__]
    for inner in group.registered_groups:
        yield from _commands(inner.typer_instance, *words, str(inner.typer_instance and inner.typer_instance.info.name))
