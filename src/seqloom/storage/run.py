"""A run directory, open for writing: its lock, ``metrics.jsonl`` as it grows, and one directory for each checkpoint.

Each checkpoint is written by ``write_directory`` and so is whole or absent; it is a model directory of its own. What
seqloom did not write (``ownership.py``) is left where it is: files beside checkpoints are no hindrance, a checkpoint
with a foreign file in it is kept, and a run with such a checkpoint is resumed, but not replaced.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from seqloom.errors import UsageError, warn
from seqloom.storage.directory import storage_error, write_directory
from seqloom.storage.lock import LOCK, RunLock
from seqloom.storage.ownership import check_log, remove, say_kept
from seqloom.storage.reading import is_model, mode_of
from seqloom.storage.replacing import REPLACED, check_replaceable, drop_replaced, put_back, set_aside
from seqloom.storage.temporary import label_of
from seqloom.storage.versions import (
    Version,
    holds_checkpoints,
    is_run,
    name_for,
    newest_files,
    newest_valid,
    refuse_run,
    step_of,
    versions,
)

__all__ = ["METRICS", "Run", "Version", "holds_checkpoints", "newest_files", "newest_valid", "refuse_run", "versions"]

METRICS = "metrics.jsonl"
_KEPT = 2


class Run:
    """A run directory, open for writing.

    ``model_files`` gives what makes a checkpoint a model directory (config.json, vocabulary.json, …); ``say`` is told
    what a user should know. ``latest`` is the checkpoint to resume from, or None. A directory that holds a run already
    is refused, unless it is to be resumed (``resume``) or replaced (``force``): the old checkpoints are set aside by
    ``begin``, deleted once the first new one is written, and are back in place if none ever is. To resume what is not
    there is refused; in a directory without a checkpoint a new run begins, and that is said. What has saved nothing
    leaves the directory as it was.

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
        self.path = Path(path).resolve()
        self.model_files = model_files
        self.say: Callable[[str], None] = warn
        self.latest: Version | None = None
        self._kept: list[Path] = []
        self._old: list[Path] = []
        self._made: list[Path] = []
        self._lock: RunLock | None = None
        self._replacing = self._saved = False
        if resume and force:
            raise UsageError(
                "Choose one: --resume continues the run in the directory, --force deletes it"
                " (in Python resume=True, force=True)."
            )
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            try:
                _check_path(Path(path), resume)
                self._made = [one for one in (self.path, *self.path.parents) if not mode_of(one)]
                self.path.mkdir(parents=True, exist_ok=True)
                self._lock = RunLock(self.path)
                self._open(resume, force)
            except OSError as error:
                raise storage_error(error, self.path) from error
            undo.pop_all()

    def __repr__(self) -> str:
        if not self._kept:
            return f"<Run {self.path}, nothing saved yet>"
        return f"<Run {self.path}, last saved at step {step_of(self._kept[-1]):,}>"

    def _open(self, resume: bool, force: bool) -> None:
        for name in os.listdir(self.path):
            if label_of(name) not in (None, REPLACED):
                with contextlib.suppress(OSError):
                    say_kept(self.path / name, remove(self.path / name), self.say)
        if versions(self.path):
            with contextlib.suppress(OSError):
                drop_replaced(self.path, self.say)
        else:
            put_back(self.path, METRICS)
        found = versions(self.path)
        if found and not resume and not force:
            raise UsageError(
                f"{self.path} already holds a run. Continue it with --resume, replace it with --force"
                " (in Python resume=True, force=True), or choose another directory."
            )
        if found and resume:
            self.latest = newest_valid(self.path)
            self._kept = [version for version in found if step_of(version) <= self.latest.step]
            check_log(self.log_path, self.latest.files.get(METRICS, b""))
            self._prune()
        elif found:
            check_replaceable(found, self.log_path)
            self._old = found
        else:
            check_log(self.log_path, b"")
            if resume:
                self.say(f"There is no run at {self.path} to resume: a new one begins.")

    @property
    def log_path(self) -> Path:
        """Where the metrics are written as they come."""
        return self.path / METRICS

    def begin(self) -> Path:
        """Set the run that this one replaces aside, now that all is ready; return where the metrics are written."""
        if self._old:
            self._replacing = True
            found, self._old = self._old, []
            try:
                set_aside(found, self.log_path)
            except OSError as error:
                raise storage_error(error, self.path) from error
        return self.log_path

    def save(self, step: int, files: Mapping[str, bytes]) -> Path:
        """Write the checkpoint of a step, then delete all but the newest two, and the run that this one replaces."""
        self.begin()
        target = self._place(step)
        try:
            write_directory(target, dict(self.model_files()) | dict(files))
        except BaseException:
            if self._replacing:
                with contextlib.suppress(OSError):
                    remove(target)
            raise
        self._saved = True
        if self._replacing:
            self._replacing = False
            with contextlib.suppress(OSError):
                drop_replaced(self.path, self.say)
        self._kept = [*(version for version in self._kept if version != target), target]
        self._prune()
        return target

    def add(self, files: Mapping[str, bytes]) -> None:
        """Put further files into the newest checkpoint, or replace those that are in it."""
        newest = newest_valid(self.path)
        write_directory(self._place(newest.step), newest.files | dict(files))

    def _place(self, step: int) -> Path:
        try:
            return name_for(self.path, step)
        except OSError as error:
            raise storage_error(error, self.path) from error

    def _prune(self) -> None:
        while len(self._kept) > _KEPT:
            old = self._kept.pop(0)
            with contextlib.suppress(OSError):
                say_kept(old, remove(old), self.say)

    def close(self) -> None:
        """Let other runs into the directory, which is as it was found where nothing was saved."""
        if self._replacing:
            self._replacing = False
            with contextlib.suppress(OSError, UsageError):
                put_back(self.path, METRICS)
        if self._lock is not None:
            self._lock.release(remove=not self._saved and self._is_known_without_lock())
        for folder in self._made:
            with contextlib.suppress(OSError):
                os.rmdir(folder)

    def _is_known_without_lock(self) -> bool:
        """Whether the directory holds checkpoints, or nothing, so that a later run takes it with or without a lock."""
        try:
            return bool(versions(self.path)) or os.listdir(self.path) == [LOCK]
        except OSError:
            return False

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _check_path(path: Path, resume: bool) -> None:
    if mode_of(path) and not path.is_dir():
        kind = "a link to nothing" if path.is_symlink() and not path.exists() else "the file"
        raise UsageError(f"Expected a directory for the run, got {kind} {path}.")
    if resume and not path.exists():
        raise UsageError(
            f"There is no run to resume at {path}. Leave --resume (in Python resume=True) out to begin one, or make the"
            " directory first, where a job that restarts always asks for it."
        )
    if is_model(path):
        raise UsageError(f"{path} holds a saved model, not a run. Choose another directory for the run.")
    if path.exists() and os.listdir(path) and not is_run(path):
        raise UsageError(f"{path} holds files, but is not a run; choose another directory for the run.")
