"""The versions of a run: ``step-00000120/`` and its predecessor, of which the newest whole one counts.

A run directory holds the lock, ``metrics.jsonl`` as it grows, and one directory per checkpoint. Each checkpoint is
written by ``write_directory`` and so is whole or absent; it is a model directory of its own.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from seqloom.errors import ModelFileError, UsageError
from seqloom.training.directory import MANIFEST, TEMPORARY, read_directory, storage_error, write_directory
from seqloom.training.lock import LOCK, RunLock
from seqloom.training.replacing import REPLACED, drop_replaced, put_back, set_aside

__all__ = ["METRICS", "Run", "Version", "newest_files", "newest_valid", "versions"]

METRICS = "metrics.jsonl"
_VERSION = re.compile(r"step-(\d{8,})")
_KEPT = 2
_SHOWN = 5
_LEFTOVERS = (f"{TEMPORARY}step-*", f"{TEMPORARY}{METRICS}", f"{TEMPORARY}*.ids-*")
_OURS = (LOCK, REPLACED, "step-*", "damaged-*")


class Version(NamedTuple):
    """A checkpoint: where it lies, its step, its files, and what was wrong with newer ones."""

    path: Path
    step: int
    files: dict[str, bytes]
    skipped: tuple[str, ...]


def versions(path: Path) -> list[Path]:
    """Return the checkpoints in a run directory, oldest first, whole or not."""
    found = [child for child in path.iterdir() if _VERSION.fullmatch(child.name)] if path.is_dir() else []
    return sorted(found, key=_step)


def newest_valid(path: Path) -> Version:
    """Return the newest checkpoint that is whole; raise ``ModelFileError`` where there is none."""
    skipped: list[str] = []
    for version in reversed(versions(path)):
        try:
            return Version(version, _step(version), read_directory(version), tuple(skipped))
        except ModelFileError as error:
            skipped.append(str(error))
    reasons = "".join(f"\n  {reason}" for reason in skipped)
    raise ModelFileError(f"{path}: no checkpoint that can be used.{reasons}")


def newest_files(path: Path) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the files of a model directory, or of the newest whole checkpoint and why newer ones were passed over."""
    if versions(path):
        newest = newest_valid(path)
        return newest.files, newest.skipped
    if not os.path.exists(path / MANIFEST) and (models := _models_in(path)):
        shown = ", ".join(map(str, models[:_SHOWN])) + (", …" if len(models) > _SHOWN else "")
        raise ModelFileError(
            f"{path} is no model; it holds models: {shown}. Give one of them (`seqloom models {path}` lists them)."
        )
    return read_directory(path), ()


class Run:
    """A run directory, open for writing.

    ``model_files`` gives what makes a checkpoint a model directory (config.json, vocabulary.json, …). ``latest`` is
    the checkpoint to resume from, or None. A directory that holds a run already is refused, unless it is to be
    resumed (``resume``) or replaced (``force``): the old checkpoints are deleted once the first new one is written,
    and are back in place if none ever is.

    >>> import tempfile
    >>> with Run(Path(tempfile.mkdtemp()) / "run", lambda: {"config.json": b"{}"}) as run:
    ...     run.save(120, {"model.safetensors": b""}).name
    'step-00000120'
    """

    def __init__(
        self,
        path: Path,
        model_files: Callable[[], Mapping[str, bytes]] = dict,
        *,
        resume: bool = False,
        force: bool = False,
    ) -> None:
        self.path = Path(path).absolute()
        self.model_files = model_files
        self.latest: Version | None = None
        if resume and force:
            raise UsageError(
                "Choose one: --resume continues the run in the directory, --force deletes it"
                " (in Python resume=True, force=True)."
            )
        try:
            _check_path(self.path, resume)
        except OSError as error:
            raise storage_error(error, self.path) from error
        self._replacing = False
        self._lock = _locked(self.path)
        try:
            self._open(resume, force)
        except OSError as error:
            self.close()
            raise storage_error(error, self.path) from error
        except BaseException:
            self.close()
            raise

    def _open(self, resume: bool, force: bool) -> None:
        for pattern in _LEFTOVERS:
            for leftover in self.path.glob(pattern):
                _delete(leftover)
        if versions(self.path):
            drop_replaced(self.path)
        else:
            put_back(self.path)
        found = versions(self.path)
        if resume and found:
            self.latest = newest_valid(self.path)
            for version in found:
                if _step(version) > self.latest.step:
                    _renamed(version, "damaged-")
        elif found and not force:
            raise UsageError(
                f"{self.path} already holds a run. Continue it with --resume, replace it with --force"
                " (in Python resume=True, force=True), or choose another directory."
            )
        elif found:
            self._replacing = True
            set_aside(self.path, [*(version.name for version in found), METRICS])
        elif not resume:
            (self.path / METRICS).unlink(missing_ok=True)

    @property
    def log_path(self) -> Path:
        """Where the metrics are written as they come."""
        return self.path / METRICS

    def save(self, step: int, files: Mapping[str, bytes]) -> Path:
        """Write the checkpoint of a step, then delete all but the newest two, and the run that this one replaces."""
        target = self.path / f"step-{step:08d}"
        try:
            write_directory(target, dict(self.model_files()) | dict(files))
        except BaseException:
            if self._replacing:
                _delete(target)
            raise
        if self._replacing:
            self._replacing = False
            drop_replaced(self.path)
        for old in versions(self.path)[:-_KEPT]:
            with contextlib.suppress(OSError):
                shutil.rmtree(_renamed(old, TEMPORARY), ignore_errors=True)
        return target

    def close(self) -> None:
        """Let other runs into the directory; a run that was to be replaced is back where nothing was saved."""
        if self._replacing:
            self._replacing = False
            with contextlib.suppress(OSError):
                put_back(self.path)
        self._lock.release()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _models_in(path: Path) -> list[Path]:
    """The models and runs right below a directory that is neither."""
    found = {manifest.parent for manifest in path.glob(f"*/{MANIFEST}")}
    found |= {manifest.parent.parent for manifest in path.glob(f"*/step-*/{MANIFEST}")}
    return sorted(one for one in found if not any(fnmatch(one.name, pattern) for pattern in (".*", *_OURS)))


def _check_path(path: Path, resume: bool) -> None:
    if path.exists() and not path.is_dir():
        raise UsageError(f"Expected a directory for the run, got the file {path}.")
    if resume and not path.exists():
        raise UsageError(f"There is no run to resume at {path}.")
    if (path / MANIFEST).exists():
        raise UsageError(f"{path} holds a saved model, not a run. Choose another directory for the run.")
    names = os.listdir(path) if path.exists() else []
    if names and not any(fnmatch(name, pattern) for name in names for pattern in _OURS):
        raise UsageError(f"{path} holds files, but is not a run; choose another directory for the run.")


def _locked(path: Path) -> RunLock:
    try:
        path.mkdir(parents=True, exist_ok=True)
        return RunLock(path)
    except OSError as error:
        raise storage_error(error, path) from error


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _step(version: Path) -> int:
    return int(version.name.removeprefix("step-"))


def _renamed(version: Path, prefix: str) -> Path:
    """Take a checkpoint out of the list of versions, whole, in one step."""
    target = version.with_name(f"{prefix}{version.name}-{secrets.token_hex(4)}")
    os.rename(version, target)
    return target
