"""The help of every command as plain text, for the reference pages."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from unittest.mock import patch

from seqloom.apps.cli.main import app, run
from seqloom.tasks.registry import tasks

__all__ = ["help_pages"]


def help_pages(width: int = 100) -> dict[str, str]:
    """Return "seqloom train" → its help, ``width`` columns wide and without colour; ``train`` also for each task."""
    names = [command.callback.__name__ for command in app.registered_commands if command.callback is not None]
    pages = {}
    of_tasks = [["train", "--task", task] for task in tasks()]
    for words in ([], *(words for name in names for words in ([name], *(of_tasks if name == "train" else [])))):
        page = io.StringIO()
        fixed = {"COLUMNS": str(width), "TERMINAL_WIDTH": str(width), "NO_COLOR": "1", "TERM": "dumb"}
        with patch.dict("os.environ", fixed), redirect_stdout(page):
            run([*words, "--help"])
        pages[" ".join(["seqloom", *words])] = "\n".join(line.rstrip() for line in page.getvalue().strip().split("\n"))
    return pages
