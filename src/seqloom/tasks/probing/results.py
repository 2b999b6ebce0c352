"""What came of a probe, and a directory of results that a run finds again."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from seqloom.errors import DataError
from seqloom.probes import Baseline, Measures, Probe
from seqloom.storage.directory import write_file
from seqloom.tasks.probing.settings import ProbeSettings

__all__ = ["End", "Point", "ProbeResult", "load_result", "result_path", "save_result"]


class End(StrEnum):
    """What ended a run."""

    SOLVED = "solved"
    STEPS = "steps"
    MINUTES = "minutes"
    DIVERGED = "diverged"


class Point(NamedTuple):
    """A judgement: ``training_loss`` is the mean since the one before; ``longer`` is measured where a probe asks."""

    step: int
    seconds: float
    training_loss: float
    measures: Measures
    longer: Measures | None

    def __str__(self) -> str:
        loss, accuracy, whole = self.measures
        longer = "" if self.longer is None else f", longer ones {self.longer.accuracy:.3f}"
        figures = f"loss {loss:.3g}, right {accuracy:.3f}, whole {whole:.3f}{longer}"
        return f"step {self.step}, {self.seconds:.0f} s, {figures}"


@dataclass(frozen=True)
class ProbeResult:
    """One model on one probe. ``solved_at`` is the first judged step at which it was solved."""

    probe: str
    model: str
    settings: ProbeSettings
    parameters: int
    unit: str
    baseline: Baseline
    history: tuple[Point, ...]
    ended: End
    solved_at: int | None

    @property
    def solved(self) -> bool:
        """Whether the probe was solved at any judgement."""
        return self.solved_at is not None

    @property
    def last(self) -> Point:
        """The last judgement."""
        return self.history[-1]

    def to_data(self) -> dict[str, Any]:
        """JSON-ready data; what is not finite becomes None."""
        data = asdict(self)
        data["baseline"] = self.baseline._asdict()
        data["history"] = [_point_to_data(point) for point in self.history]
        return data

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> ProbeResult:
        """The inverse of :meth:`to_data`."""
        parts = {
            "settings": ProbeSettings(**data["settings"]),
            "baseline": Baseline(**data["baseline"]),
            "history": tuple(_point_from_data(point) for point in data["history"]),
            "ended": End(data["ended"]),
        }
        return cls(**data | parts)


def result_path(directory: Path, probe: Probe, model: str, settings: ProbeSettings) -> Path:
    """The file of a run: readable, and another one for every other size, model, setting or seed.

    >>> from seqloom.probes import Adding
    >>> result_path(Path("out"), Adding(), "lstm(128)", ProbeSettings(seed=3)).name  # doctest: +ELLIPSIS
    'adding-lstm-128-seed-3-....json'
    """
    whole = json.dumps([str(probe), model, asdict(settings)])
    words = re.sub(r"[^a-z0-9.]+", "-", model.lower()).strip("-")[:60]
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return directory / f"{probe.name}-{words}-seed-{settings.seed}-{digest}.json"


def save_result(result: ProbeResult, path: Path) -> None:
    """Write a result, which appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, json.dumps(result.to_data(), indent=1).encode() + b"\n")


def load_result(path: Path) -> ProbeResult:
    """Read a result back; raises DataError for a file that is none."""
    try:
        return ProbeResult.from_data(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{path}: not a result of a probe ({error}). Remove it, and it is measured anew.") from error


def _point_to_data(point: Point) -> dict[str, Any]:
    longer = None if point.longer is None else _finite(point.longer._asdict())
    return _finite(point._asdict()) | {"measures": _finite(point.measures._asdict()), "longer": longer}


def _point_from_data(data: dict[str, Any]) -> Point:
    longer = None if data["longer"] is None else Measures(**_numbers(data["longer"]))
    return Point(**_numbers(data) | {"measures": Measures(**_numbers(data["measures"])), "longer": longer})


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    return {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in values.items()}


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    return {name: math.nan if value is None else value for name, value in values.items()}
