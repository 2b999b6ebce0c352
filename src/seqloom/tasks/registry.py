"""Every task by the name that config.json has for it; whoever adds one names its door here, or in a package.

A package adds tasks by entry points of the group ``seqloom.tasks``: name → ``module:Estimator``, or the place of a
:class:`Door`. No name that a model directory holds is ever imported: it is looked up.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from seqloom.errors import ModelFileError, UsageError, did_you_mean
from seqloom.tasks.door import Door, named

__all__ = ["door_of", "estimator_of", "load", "opened", "tasks"]

_GROUP = "seqloom.tasks"
_OURS = {
    "language-model": "seqloom.tasks.language.door:DOOR",
    "classification": "seqloom.tasks.classification.door:DOOR",
    "regression": "seqloom.tasks.regression.door:DOOR",
    "tagging": "seqloom.tasks.tagging.door:DOOR",
    "forecasting": "seqloom.tasks.forecasting.door:DOOR",
    "music": "seqloom.tasks.music.door:DOOR",
    "music-events": "seqloom.tasks.music.events.door:DOOR",
    "recognition": "seqloom.tasks.recognition.door:DOOR",
    "captioning": "seqloom.tasks.captioning.door:DOOR",
    "translation": "seqloom.tasks.translation.door:DOOR",
}


def tasks() -> dict[str, str]:
    """Every task by name, with the place of its door or estimator.

    >>> tasks()["language-model"]
    'seqloom.tasks.language.door:DOOR'
    """
    return _OURS | {point.name: point.value for point in entry_points(group=_GROUP) if point.name not in _OURS}


def door_of(task: str) -> Door:
    """The door of a task; UsageError for a name that no one gave.

    An estimator in the place of a door stands for ``Door(place, Estimator.settings)``.
    """
    known = tasks()
    if task not in known:
        raise UsageError(f"No task is called {task!r}; there are {', '.join(known)}.{did_you_mean(task, known)}")
    try:
        found = named(known[task])
    except (ImportError, AttributeError) as error:
        raise UsageError(f"The task {task!r} cannot be had from {known[task]!r}: {error}.") from error
    return found if isinstance(found, Door) else Door(known[task], found.settings)


def estimator_of(task: str) -> Any:
    """The estimator of a task; UsageError for a name that no one gave."""
    return door_of(task).load()


def load(path: str | Path) -> Any:
    """Whatever estimator was saved at ``path``, a model directory or a run."""
    return opened(path)[0]


def opened(path: str | Path) -> tuple[Any, dict[str, bytes]]:
    """The estimator that was saved at ``path``, and the files that it was made from, each read and checked once."""
    from seqloom.tasks.memory import loading
    from seqloom.tasks.model_directory import read_config, read_newest

    with loading(path):
        files = read_newest(Path(path))
        task = read_config(files).task
        if task not in tasks():
            raise ModelFileError(
                f"{path} is of the task {task[:40]!r}, which is not known here. Install the package that adds it."
            )
        return estimator_of(task).from_files(files), files
