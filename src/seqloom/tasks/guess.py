"""Which task a file is for: the one whose door claims it most surely, or an error that names the choices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any, Final, NamedTuple

from seqloom.errors import DataError, UsageError
from seqloom.tasks.registry import door_of, tasks
from seqloom.tasks.tables.claims import is_table, no_claim

__all__ = ["Guess", "guess"]


_AS_SURE: Final = 0.9
"""Up to so strong a claim an error of another door counts more: that of a table that is damaged, say."""


class Guess(NamedTuple):
    """A task, and what in the file speaks for it."""

    task: str
    reason: str


def guess(path: Path, given: Mapping[str, Any]) -> Guess | None:
    """The task of a file or folder, by what is in it and the settings given; None where no door claims it.

    Raises UsageError where two doors claim it alike, and for a table that none claims; and what a door raises, where no
    other is surer.
    """
    _refuse_parts(path)
    found: list[tuple[float, str, str]] = []
    refusal: UsageError | DataError | None = None
    for name in tasks():
        try:
            claim = door_of(name).claims(path, given)
        except (UsageError, DataError) as error:
            refusal = refusal or error
            continue
        if claim is not None:
            found.append((claim.strength, name, claim.reason))
    found.sort(reverse=True)
    if refusal is not None and (not found or found[0][0] <= _AS_SURE):
        raise refusal
    if not found:
        if is_table(path):
            raise UsageError(f"{no_claim(path, given)} To read the table as text: --task language-model.")
        return None
    best = [(name, reason) for strength, name, reason in found if strength == found[0][0]]
    if len(best) > 1:
        choices = ", or ".join(f"--task {name}" for name, _ in sorted(best))
        reasons = " ".join(dict.fromkeys(reason.partition(" Say which: ")[0] for _, reason in best))
        raise UsageError(f"{reasons} Say which: {choices}.")
    return Guess(*best[0])


def _refuse_parts(folder: Path) -> None:
    """Raise UsageError for a folder of files or folders named train, test and so on: one data set, no classes."""
    from seqloom.data.tables.parts import Part, part_of

    if not folder.is_dir():
        return
    files = [file for file in sorted(folder.iterdir()) if not file.name.startswith(".")]
    parts = {part_of(file.name.partition(".")[0]): file for file in files}
    if Part.TRAIN in parts and len(parts.keys() - {None}) > 1:
        flags = "".join(
            f" --{part} {quote(str(parts[part]))}" for part in (Part.VALIDATION, Part.TEST) if part in parts
        )
        raise UsageError(
            f"{folder} holds the parts of one data set. Name them: seqloom train {quote(str(parts[Part.TRAIN]))}{flags}"
        )
