"""What a task shows of itself before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from seqloom.settings import Settings
from seqloom.tasks.examples.settings import FitSettings

__all__ = ["Claim", "Door"]


class Claim(NamedTuple):
    """That a file is for a task: how surely, from 0 to 1, and why, in words."""

    strength: float
    reason: str


def _no_claim(path: Path, given: Mapping[str, Any]) -> Claim | None:
    return None


def _nothing(size: int, given: Mapping[str, Any]) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Door:
    """A task as the command line meets it.

    ``estimator`` is the place of its class, ``module:Class``; ``settings`` are its arguments, ``fitting`` those of its
    ``fit``. ``pick`` chooses what was not given, from the size of the input in bytes and the settings given.
    ``many`` says whether it reads any number of texts, standard input among them, or one file. ``then`` says what to do
    with the model in ``{run}``. ``claims`` says whether a file is for this task, which the settings given may decide.
    It raises UsageError where the file is for it and two readings remain.
    """

    estimator: str
    settings: type[Settings]
    fitting: type[Settings] = FitSettings
    pick: Callable[[int, Mapping[str, Any]], dict[str, Any]] = _nothing
    many: bool = False
    then: str = "Predict with it:  seqloom predict {run} FILE"
    claims: Callable[[Path, Mapping[str, Any]], Claim | None] = _no_claim

    def load(self) -> Any:
        """The class of the estimator.

        >>> from seqloom.tasks.language.door import DOOR
        >>> DOOR.load().task
        'language-model'
        """
        return named(self.estimator)


def named(place: str) -> Any:
    """What stands at ``module:name``."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
