"""What was measured: one JSON object a line, on disk while the run goes on, and in memory as the history."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from seqloom.storage.directory import storage_error, write_file
from seqloom.storage.ownership import check_log

__all__ = ["History", "MetricsLog", "Record", "of_the_clock"]

Record = dict[str, Any]

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def of_the_clock(name: str) -> bool:
    """Return whether a field of a record differs between two equal runs.

    >>> [of_the_clock(name) for name in ("loss", "seconds", "tokens_per_second")]
    [False, True, True]
    """
    return name == "seconds" or name.endswith("_per_second")


@dataclasses.dataclass(frozen=True)
class History:
    """What a run did. ``stopped`` is what ended it: steps, epochs, minutes, patience or solved.

    ``weight`` is how much was learned from, in what the objective counts (tokens, examples); ``best`` the best value of
    what was watched, at ``best_step``.

    >>> history = History([{"step": 1, "loss": 2.0}, {"step": 2, "validation_loss": 1.5}], 2, 1, 64, 0.5, "steps")
    >>> history.column("loss")
    [(1, 2.0)]
    """

    records: list[Record]
    steps: int
    epochs: int
    weight: float
    seconds: float
    stopped: str
    best: float | None = None
    best_step: int | None = None

    def column(self, name: str) -> list[tuple[int, float]]:
        """Return the (step, value) pairs of one field, ready to be drawn."""
        return [(record["step"], record[name]) for record in self.records if name in record]


class MetricsLog:
    """The records of a run, appended to a file where there is one."""

    def __init__(self, path: Path | None = None, earlier: bytes = b"") -> None:
        """Begin a log, or cut the file at ``path`` back to the records of a checkpoint, ``earlier``."""
        self.path = path
        self._lines = earlier.splitlines(keepends=True)
        if path is not None:
            self._write(path, earlier)

    @property
    def records(self) -> list[Record]:
        """Every record so far."""
        return [json.loads(line) for line in self._lines]

    def append(self, record: Record) -> None:
        """Add a record; a reader of the file sees whole lines only."""
        line = json.dumps(record).encode() + b"\n"
        self._lines.append(line)
        if self.path is None:
            return
        try:
            with open(os.open(self.path, _APPEND, 0o666), "ab", buffering=0) as file:
                file.write(line)
        except OSError as error:
            raise storage_error(error, self.path, len(line)) from error

    def to_bytes(self) -> bytes:
        """Return what the file holds, for a checkpoint."""
        return b"".join(self._lines)

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        try:
            check_log(path, content)
            write_file(path, content)
        except OSError as error:
            raise storage_error(error, path, len(content)) from error
