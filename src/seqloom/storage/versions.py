"""The checkpoints of a run as they are found: ``step-00000120/`` and others; the newest whole one counts."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from seqloom.errors import ModelFileError, UsageError
from seqloom.storage.directory import storage_error
from seqloom.storage.lock import has_lock
from seqloom.storage.manifest import MANIFEST
from seqloom.storage.ownership import foreign, is_directory
from seqloom.storage.reading import is_model, mode_of, read_directory
from seqloom.storage.temporary import label_of
from seqloom.storage.zipped import is_zipped, models_in, read_zipped

__all__ = [
    "Version",
    "holds_checkpoints",
    "is_run",
    "name_for",
    "newest_files",
    "newest_valid",
    "refuse_run",
    "step_of",
    "versions",
]

_VERSION = re.compile(r"step-(\d{8,})")
_DIGITS = 8
_SHOWN = 5


class Version(NamedTuple):
    """A checkpoint: where it lies, its step, its files, and what was wrong with newer ones."""

    path: Path
    step: int
    files: dict[str, bytes]
    skipped: tuple[str, ...]


def versions(path: Path) -> list[Path]:
    """Return the checkpoints in a run directory, oldest first, whole or not; links are none."""
    names = os.listdir(path) if path.is_dir() else []
    found = [path / name for name in names if _VERSION.fullmatch(name) and is_directory(path / name)]
    return sorted(found, key=lambda version: (step_of(version), len(version.name)))


def holds_checkpoints(path: Path) -> bool:
    """Whether one of the checkpoints in a directory, whole or not, bears more than its name: a manifest."""
    return any(mode_of(version / MANIFEST) for version in versions(path))


def step_of(version: Path) -> int:
    """Return the step in the name of a checkpoint."""
    return int(version.name.removeprefix("step-"))


def name_for(run: Path, step: int) -> Path:
    """Return the path of a step's checkpoint.

    Where its name is taken by what cannot be replaced (another folder, a damaged or half-foreign checkpoint), one
    more zero makes another name of the same step, which counts before the shorter one.

    >>> name_for(Path("nowhere"), 120).name
    'step-00000120'
    """
    digits = _DIGITS
    while foreign(target := run / f"step-{step:0{digits}d}"):
        digits += 1
    return target


def newest_valid(path: Path) -> Version:
    """Return the newest checkpoint that is whole.

    Raises ``ModelFileError`` where there is none, and where all that is whole is step 0 while later ones are damaged:
    a model that has learned nothing is no answer to the question for the one that had.
    """
    skipped: list[str] = []
    for version in reversed(versions(path)):
        try:
            found = Version(version, step_of(version), read_directory(version), tuple(skipped))
        except ModelFileError as error:
            skipped.append(str(error))
            continue
        if skipped and found.step == 0:
            skipped.append(f"{version}: whole, but it was written before anything was learned.")
            break
        return found
    reasons = "".join(f"\n  {reason}" for reason in skipped)
    advice = "\nMove what is damaged elsewhere, then begin anew with --force (in Python force=True)." if skipped else ""
    raise ModelFileError(f"{path}: no checkpoint that can be used.{reasons}{advice}")


def newest_files(path: Path) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the files of a model directory, or of the newest whole checkpoint and why newer ones were passed over.

    A directory may be packed into a zip file.
    """
    if is_zipped(path):
        return _newest_zipped(path)
    try:
        holds_run = holds_checkpoints(path)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}).") from error
    if holds_run and not is_model(path):
        newest = newest_valid(path)
        return newest.files, newest.skipped
    if not os.path.exists(path / MANIFEST) and (models := _models_in(path)):
        shown = ", ".join(map(str, models[:_SHOWN])) + (", …" if len(models) > _SHOWN else "")
        raise ModelFileError(
            f"{path} is no model; it holds models: {shown}. Give one of them (`seqloom models {path}` lists them)."
        )
    return read_directory(path), ()


def _newest_zipped(path: Path) -> tuple[dict[str, bytes], tuple[str, ...]]:
    folders = models_in(path) or [""]
    steps = {folder: _VERSION.fullmatch(PurePosixPath(folder).name) for folder in folders}
    if len({PurePosixPath(folder).parent for folder in folders}) > 1 or (len(folders) > 1 and not all(steps.values())):
        raise ModelFileError(f"{path} holds several models: {', '.join(sorted(folders)[:_SHOWN])}. Pack one of them.")
    skipped: list[str] = []
    for folder in sorted(folders, key=lambda folder: int(found[1]) if (found := steps[folder]) else 0, reverse=True):
        try:
            return read_zipped(path, folder), tuple(skipped)
        except ModelFileError as error:
            skipped.append(str(error))
    raise ModelFileError("\n  ".join(skipped))


def is_run(path: Path) -> bool:
    """Whether a directory holds checkpoints, or what a run leaves there before its first one."""
    return bool(versions(path)) or has_lock(path) or any(label_of(name) is not None for name in os.listdir(path))


def refuse_run(path: Path) -> None:
    """Raise ``UsageError`` where a model is to be saved over a run or over one of its checkpoints."""
    path = path.absolute()
    try:
        holds_run = is_directory(path) and not is_model(path) and is_run(path)
        is_checkpoint = _VERSION.fullmatch(path.name) is not None and has_lock(path.parent)
    except OSError as error:
        raise storage_error(error, path) from error
    if holds_run:
        raise UsageError(f"{path} holds a run, which a saved model does not replace. Choose another directory.")
    if is_checkpoint:
        raise UsageError(f"{path.parent} is a run, and {path.name} the name of a checkpoint. Choose another directory.")


def _models_in(path: Path) -> list[Path]:
    """The models and runs right below a directory that is neither."""
    found = {manifest.parent for manifest in path.glob(f"*/{MANIFEST}")}
    found |= {manifest.parent.parent for manifest in path.glob(f"*/step-*/{MANIFEST}")}
    return sorted(one for one in found if not (one.name.startswith(".") or _VERSION.fullmatch(one.name)))
