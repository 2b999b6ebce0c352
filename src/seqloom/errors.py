"""Every error that seqloom raises on purpose, and the exit code that the command line gives it.

SeqloomError            1  a bug, or an error without a better home
├── UsageError          2  a wrong argument, option or configuration
├── DataError           3  a file of data that cannot be used
├── ModelFileError      4  a model directory that cannot be trusted
├── DivergedError       5  a loss that is no longer a number, or far above guessing
├── StorageError        6  no disk, no memory, no permission to write
├── MissingExtraError   7  an optional dependency that is not installed
└── Interrupted     128+n  stopped by signal n, after a checkpoint: 129, 130, 143

``SeqloomWarning`` is what its user should know although all goes on.
"""

from __future__ import annotations

import difflib
import sys
import warnings
from collections.abc import Iterable, Sequence

__all__ = [
    "DataError",
    "DivergedError",
    "Interrupted",
    "MissingExtraError",
    "ModelFileError",
    "PeerError",
    "SeqloomError",
    "SeqloomWarning",
    "StorageError",
    "UsageError",
    "did_you_mean",
    "listed",
    "raise_together",
    "warn",
]


class SeqloomError(Exception):
    """The root of the tree: its message is complete and meant for the user."""

    exit_code: int = 1


class SeqloomWarning(UserWarning):
    """What a user should know of a result that is good all the same: something passed over, or without effect."""


class UsageError(SeqloomError, ValueError):
    """An argument, option or configuration that cannot be met; ``problems`` has one line for each thing wrong."""

    exit_code: int = 2

    def __init__(self, message: str = "", problems: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.problems: tuple[str, ...] = tuple(problems) or (message,)


class DataError(SeqloomError, ValueError):
    """A data file that cannot be read or used; the message names the place."""

    exit_code: int = 3


class ModelFileError(SeqloomError):
    """A model directory that is damaged, foreign or unsafe."""

    exit_code: int = 4


class DivergedError(SeqloomError):
    """Training whose loss, gradient or weights are not finite, or whose loss is far above guessing."""

    exit_code: int = 5


class StorageError(SeqloomError):
    """A write that the disk, the memory or the permissions refused."""

    exit_code: int = 6


class MissingExtraError(SeqloomError, ImportError):
    """An optional dependency that is not installed."""

    exit_code: int = 7

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"This needs the package {package!r}. Install it with: pip install 'seqloom[{extra}]' "
            f"(in a clone: pip install '.[{extra}]')"
        )


class PeerError(SeqloomError):
    """A run of several processes, ended because another one is gone; the last checkpoint is kept."""

    exit_code: int = 8


class Interrupted(SeqloomError):
    """Training stopped by a signal, with everything saved; the exit code is 128 + the signal's number."""

    def __init__(self, signal_number: int, message: str) -> None:
        super().__init__(message)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number


def raise_together(problems: Iterable[str], of: str = "") -> None:
    """Raise one :class:`UsageError` for all ``problems``, found in ``of``; do nothing when there are none.

    >>> raise_together([])
    >>> raise_together(["a: is wrong."])
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: a: is wrong.
    >>> raise_together(["a: is wrong.", "b: is wrong."], "the settings")
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: 2 problems in the settings:
      a: is wrong.
      b: is wrong.
    """
    found = tuple(problems)
    if len(found) == 1 and not of:
        raise UsageError(found[0])
    if found:
        count = f"{len(found)} problem{'s' if len(found) > 1 else ''}{' in ' if of else ''}{of}:"
        raise UsageError("\n  ".join([count, *found]), found)


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the nearest of ``choices`` in any case, or "" when nothing is near.

    >>> did_you_mean("lstn", ["lstm", "gru"])
    " Did you mean 'lstm'?"
    >>> did_you_mean("GRU", ["lstm", "gru"])
    " Did you mean 'gru'?"
    >>> did_you_mean("banana", ["lstm", "gru"])
    ''
    """
    by_lower_case = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(word.lower(), by_lower_case, n=1, cutoff=0.6)
    return f" Did you mean {by_lower_case[near[0]]!r}?" if near else ""


def listed(parts: Sequence[str], most: int = 10) -> str:
    """The parts in quotes, or the first of them where they are many.

    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' …"
    """
    return ", ".join(map(repr, parts[:most])) + (" …" if len(parts) > most else "")


def warn(sentence: str) -> None:
    """Give a :class:`SeqloomWarning` at the line outside of seqloom that led here, however many calls lie between."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == __package__:
        frame, level = frame.f_back, level + 1
    warnings.warn(sentence, SeqloomWarning, stacklevel=level)
