"""A run directory for all processes of a run: the first one writes it, the others read it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from seqloom.storage.directory import read_directory
from seqloom.storage.run import Run, Version
from seqloom.storage.versions import step_of
from seqloom.training.ranks import Ranks

__all__ = ["open_run"]


def open_run(path: Path, ranks: Ranks, *, resume: bool = False, force: bool = False) -> Run:
    """Open a run directory on a disk that all processes see; see ``Run`` for the arguments and what is refused.

    >>> import tempfile
    >>> from seqloom.training.ranks import ALONE
    >>> with open_run(Path(tempfile.mkdtemp()) / "run", ALONE) as run:
    ...     run.latest is None
    True
    """
    with ranks:
        run = Run(path, resume=resume, force=force) if ranks.first else None
        try:
            place, newest = ranks.by_first(lambda: _places(run))
            return run or _Read(place, newest)
        except BaseException:
            if run is not None:
                run.close()
            raise


def _places(run: Run | None) -> tuple[Path, Path | None]:
    assert run is not None
    return run.path, None if run.latest is None else run.latest.path


class _Read(Run):
    """A run directory that another process writes."""

    def __init__(self, path: Path, newest: Path | None) -> None:
        self.path = path
        self.model_files = dict
        self.say = lambda text: None
        self.latest = None if newest is None else Version(newest, step_of(newest), read_directory(newest), ())

    def begin(self) -> Path:
        return self.log_path

    def save(self, step: int, files: Mapping[str, bytes]) -> Path:
        return self.path

    def add(self, files: Mapping[str, bytes]) -> None:
        pass

    def close(self) -> None:
        pass
