"""A run that another one is to replace: out of the way, but whole, until the new one has saved something.

It lies in a directory of a temporary name. Checkpoints leave oldest first and come back newest first, so whenever the
process is killed the newest one is either in the run directory or set aside beside no other. Only what seqloom wrote
is set aside; what has a person's file in it is refused before anything moves.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from seqloom.errors import UsageError
from seqloom.storage.ownership import check_log, described, foreign, is_directory, remove, say_kept
from seqloom.storage.reading import mode_of
from seqloom.storage.temporary import label_of, temporary_beside
from seqloom.storage.versions import versions

__all__ = ["REPLACED", "check_replaceable", "drop_replaced", "put_back", "set_aside"]

REPLACED = "replaced"


def check_replaceable(found: Sequence[Path], log: Path) -> None:
    """Raise ``UsageError`` naming what seqloom did not write in checkpoints, oldest first, or in their run's log."""
    _refuse_foreign("The run is not replaced", found)
    newest = found[-1] / log.name
    check_log(log, newest.read_bytes() if mode_of(newest) else b"")


def set_aside(found: Sequence[Path], log: Path) -> None:
    """Move checkpoints and log out of the list of versions, where :func:`check_replaceable` has nothing against it.

    >>> import tempfile
    >>> from seqloom.storage.directory import write_directory
    >>> run = Path(tempfile.mkdtemp())
    >>> write_directory(run / "step-00000120", {"config.json": b"{}"})
    >>> set_aside([run / "step-00000120"], run / "metrics.jsonl"); (run / "step-00000120").exists()
    False
    >>> put_back(run, "metrics.jsonl"); os.listdir(run)
    ['step-00000120']
    """
    check_replaceable(found, log)
    aside = temporary_beside(log, REPLACED)
    os.mkdir(aside)
    for version in found:
        os.rename(version, aside / version.name)
    if mode_of(log):
        os.rename(log, temporary_beside(aside / log.name))


def put_back(run: Path, log: str) -> None:
    """Undo ``set_aside``; nothing happens where there is nothing to undo.

    Raises ``UsageError`` where somebody has put something into what was set aside.
    """
    for aside in _set_aside(run):
        found = versions(aside)
        _refuse_foreign("The run that was to be replaced is not put back", found)
        for version in reversed(found):
            if not mode_of(run / version.name):
                os.rename(version, run / version.name)
        for name in os.listdir(aside):
            if label_of(name) == log:
                check_log(run / log, b"")
                os.replace(aside / name, run / log)
        remove(aside)


def drop_replaced(run: Path, say: Callable[[str], None]) -> None:
    """Delete what was set aside, and ``say`` what is kept of it because seqloom did not write it."""
    for aside in _set_aside(run):
        kept: list[str] = []
        for name in os.listdir(aside):
            kept += [name if name == found else f"{name}/{found}" for found in remove(aside / name)]
        remove(aside)
        say_kept(aside, kept, say)


def _set_aside(run: Path) -> list[Path]:
    found = [run / name for name in os.listdir(run) if label_of(name) == REPLACED]
    return [path for path in found if is_directory(path)]


def _refuse_foreign(what: str, found: Sequence[Path]) -> None:
    problems = [f"{version}: {described(names)}" for version in found if (names := foreign(version))]
    if problems:
        reason = (
            f"{what}: it holds what seqloom did not write, or what was changed or damaged since."
            " Move that elsewhere, or choose another directory."
        )
        raise UsageError("\n  ".join([reason, *problems]))
