"""Every task by the name that config.json has for it; whoever adds one names its estimator here, or in a package.

A package adds tasks by entry points of the group ``seqloom.tasks``: name → ``module:Estimator``. No name that a model
directory holds is ever imported: it is looked up.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from seqloom.errors import ModelFileError, UsageError, did_you_mean
from seqloom.tasks.memory import loading
from seqloom.tasks.model_directory import read_config, read_newest

__all__ = ["estimator_of", "load", "tasks"]

_GROUP = "seqloom.tasks"
_OURS = {"language-model": "seqloom.tasks.language.language_model:LanguageModel"}


def tasks() -> dict[str, str]:
    """Every task by name, with the place of its estimator.

    >>> tasks()["language-model"]
    'seqloom.tasks.language.language_model:LanguageModel'
    """
    return {point.name: point.value for point in entry_points(group=_GROUP)} | _OURS


def estimator_of(task: str) -> Any:
    """The estimator of a task; UsageError for a name that no one gave."""
    known = tasks()
    if task not in known:
        raise UsageError(f"No task is called {task!r}; there are {', '.join(known)}.{did_you_mean(task, known)}")
    module, _, name = known[task].partition(":")
    return getattr(import_module(module), name)


def load(path: str | Path) -> Any:
    """Whatever estimator was saved at ``path``, a model directory or a run."""
    with loading(path):
        files = read_newest(Path(path))
        task = read_config(files).task
        if task not in tasks():
            raise ModelFileError(
                f"{path} is of the task {task[:40]!r}, which is not known here. Install the package that adds it."
            )
        return estimator_of(task).from_files(files)
