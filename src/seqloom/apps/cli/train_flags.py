"""The flags of ``seqloom train``: it takes those of every task, and its help shows those of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from seqloom.settings import Setting, Text, flat
from seqloom.tasks.door import Door
from seqloom.tasks.registry import door_of, tasks

__all__ = ["as_flags", "flags_of_others", "table_of", "task_asked", "train_options"]

_TASK = Setting("task", Text(), True, None, "", "", "task")
_NAME = re.compile(r"^( *)(\w+)(?=:)", re.MULTILINE)


def table_of(door: Door) -> tuple[Setting, ...]:
    """Every setting that may be given for a task, on the command line or in a file; ``task`` only in a file."""
    return (*flat(door.settings), *flat(door.fitting), _TASK)


def task_asked(words: Sequence[str]) -> str | None:
    """What follows ``--task`` in a command line.

    >>> task_asked(["a.csv", "--task", "classification"]), task_asked(["--task=tagging", "a"]), task_asked(["a"])
    ('classification', 'tagging', None)
    """
    for word, following in pairwise([*words, ""]):
        if word == "--task" and following:
            return following
        if word.startswith("--task="):
            return word.removeprefix("--task=")
    return None


def train_options(task: str | None) -> tuple[list[Setting], set[str]]:
    """Every setting of any task, and the keys that the help shows: all of ``task``, without one what all tasks share.

    Where two tasks have settings of one name, that of ``task`` has it.
    """
    names = [*([task] if task is not None else []), *(name for name in tasks() if name != task)]
    tables = [{setting.key: setting for setting in table_of(door_of(name)) if setting.help} for name in names]
    every = {key: setting for table in reversed(tables) for key, setting in table.items()}
    shown = set(tables[0]) if task is not None else set.intersection(*map(set, tables))
    return [every[key] for key in dict.fromkeys(key for table in tables for key in table)], shown


def flags_of_others(flags: Mapping[str, object | None], table: Iterable[Setting], task: str) -> list[str]:
    """A problem for each flag that was given and is of other tasks only."""
    own = {setting.key for setting in table}
    return [
        f"--{key.replace('_', '-')}: no setting of the task {task!r}. Leave it out, or name the task with --task."
        for key, value in flags.items()
        if value is not None and key not in own
    ]


def as_flags(problem: str, table: Iterable[Setting]) -> str:
    """The problem, with the flags that set them for the settings that its lines begin with.

    >>> table = table_of(door_of("language-model"))
    >>> as_flags("spec: expected words.", table), as_flags("The disk is full.", table)
    ('--model: expected words.', 'The disk is full.')
    """
    flags = {setting.name: setting.flag for setting in table if setting.help}
    return _NAME.sub(lambda found: found[1] + flags.get(found[2], found[2]), problem)
