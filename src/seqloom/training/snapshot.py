"""Everything that a run needs to go on as if it had never stopped, as the files of a checkpoint.

``model.safetensors``     the weights to use: the best by validation, or the latest without one; or their average
``training.safetensors``  optimiser.*, carried.* (state), rng.*, averaged.*, and latest.* where others are to be used
``training.json``         the counters, the settings, the shape of the data
``metrics.jsonl``         the log so far
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import safetensors
import torch
from safetensors.torch import load, save
from torch import Tensor

from seqloom.errors import ModelFileError
from seqloom.storage.run import METRICS, Version
from seqloom.training.course import LossCourse
from seqloom.training.schedules import Plateau
from seqloom.training.settings import TrainingSettings
from seqloom.training.stopping import EarlyStopping

__all__ = ["MODEL", "Counters", "Snapshot", "pack", "random_state", "set_random_state", "tensor_bytes", "unpack"]

MODEL = "model.safetensors"
_TENSORS = "training.safetensors"
_COUNTERS = "training.json"
_RENAMED = {"tokens": "weight", "loss_tokens": "loss_weight"}
"""Counters as runs of before 2026-12 call them."""


@dataclasses.dataclass
class Counters:
    """Where a run stands.

    ``window`` is the next batch to read in ``epoch``, ``weight`` what was learned from, in what the objective counts.
    Since the last record count ``loss_sum``, ``loss_weight``, ``gradient_sum`` (of the norms) and ``clipped`` (steps);
    ``gradient_norms``, ``update_shares``, ``saturated_gates`` and ``dead_units`` are of the parts of the module, where
    they are watched. ``course`` is that of the loss, ``learning_rate`` that of the last step. A run that is ``solved``
    has nothing left to learn.
    """

    step: int = 0
    epoch: int = 0
    window: int = 0
    weight: float = 0
    seconds: float = 0.0
    recorded_step: int = 0
    loss_sum: float = 0.0
    loss_weight: float = 0
    gradient_sum: float = 0.0
    clipped: int = 0
    gradient_norms: dict[str, float] = dataclasses.field(default_factory=dict)
    update_shares: dict[str, float] = dataclasses.field(default_factory=dict)
    saturated_gates: dict[str, float] = dataclasses.field(default_factory=dict)
    dead_units: dict[str, float] = dataclasses.field(default_factory=dict)
    course: LossCourse = dataclasses.field(default_factory=LossCourse)
    learning_rate: float = 0.0
    solved: bool = False
    stopping: EarlyStopping = dataclasses.field(default_factory=EarlyStopping)
    plateau: Plateau = dataclasses.field(default_factory=Plateau)

    def recorded(self) -> None:
        """Begin to count anew: all so far is in a record."""
        self.recorded_step, self.loss_sum, self.loss_weight = self.step, 0.0, 0
        self.gradient_sum, self.clipped, self.gradient_norms, self.update_shares = 0.0, 0, {}, {}
        self.saturated_gates, self.dead_units = {}, {}
        self.course.recorded()

    def to_json(self) -> dict[str, Any]:
        """Return plain values; Python's JSON brings every finite float back to the bit, infinity is null.

        >>> Counters.from_json(Counters(step=3, loss_sum=0.1).to_json()) == Counters(step=3, loss_sum=0.1)
        True
        """
        values = dataclasses.asdict(self)
        for part in ("stopping", "plateau"):
            if math.isinf(values[part]["best"]):
                values[part]["best"] = None
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Counters:
        """Read back what ``to_json`` returned."""
        parts: dict[str, Any] = {"course": LossCourse(**values.get("course", {}))}
        for name, kind in (("stopping", EarlyStopping), ("plateau", Plateau)):
            best = values[name]["best"]
            parts[name] = kind(**{**values[name], "best": math.inf if best is None else best})
        return cls(**{_RENAMED.get(name, name): value for name, value in values.items()} | parts)


@dataclasses.dataclass
class Snapshot:
    """A run at rest. ``best`` is None until a validation; ``carried`` is None before the first window; ``averaged`` are
    those of the ``weights`` whose mean is used instead."""

    counters: Counters
    settings: TrainingSettings
    windows: int
    weights: dict[str, Tensor]
    best: dict[str, Tensor] | None
    averaged: dict[str, Tensor]
    optimiser: dict[str, Tensor]
    carried: dict[str, Tensor] | None
    random: dict[str, Tensor]
    log: bytes


def pack(snapshot: Snapshot) -> dict[str, bytes]:
    """Return the files of a checkpoint, without those of the task."""
    best_is_latest = snapshot.best is None or snapshot.counters.stopping.step == snapshot.counters.step
    used = snapshot.weights | snapshot.averaged if snapshot.best is None else snapshot.best
    groups = {
        "optimiser": snapshot.optimiser,
        "carried": snapshot.carried or {},
        "rng": snapshot.random,
        "averaged": snapshot.averaged,
        "latest": {} if best_is_latest and not snapshot.averaged else snapshot.weights,
    }
    tensors = {f"{group}.{name}": value for group, part in groups.items() for name, value in part.items()}
    facts = {
        "counters": snapshot.counters.to_json(),
        "settings": snapshot.settings.to_mapping(),
        "windows": snapshot.windows,
        "has_best": snapshot.best is not None,
        "carries": snapshot.carried is not None,
    }
    return {
        MODEL: tensor_bytes(used),
        _TENSORS: tensor_bytes(tensors),
        _COUNTERS: json.dumps(facts, indent=2, allow_nan=False).encode() + b"\n",
        METRICS: snapshot.log,
    }


def unpack(version: Version) -> Snapshot:
    """Read back what ``pack`` wrote; raise ``ModelFileError`` where the files do not hold a run."""
    try:
        facts = json.loads(version.files[_COUNTERS])
        model = load(version.files[MODEL])
        groups: dict[str, dict[str, Tensor]] = {
            name: {} for name in ("optimiser", "carried", "rng", "averaged", "latest")
        }
        for key, value in load(version.files[_TENSORS]).items():
            group, _, name = key.partition(".")
            groups[group][name] = value
        return Snapshot(
            counters=Counters.from_json(facts["counters"]),
            settings=TrainingSettings.from_mapping(facts["settings"]),
            windows=facts["windows"],
            weights=groups["latest"] or model,
            best=model if facts["has_best"] else None,
            averaged=groups["averaged"],
            optimiser=groups["optimiser"],
            carried=groups["carried"] if facts["carries"] else None,
            random=groups["rng"],
            log=version.files[METRICS],
        )
    except (KeyError, TypeError, ValueError, AttributeError, safetensors.SafetensorError) as error:
        raise ModelFileError(f"{version.path}: not a checkpoint that training can resume from ({error!r}).") from error


def tensor_bytes(tensors: Mapping[str, Tensor]) -> bytes:
    """Return tensors as safetensors, each with its own copy of memory that some share.

    >>> shared = torch.ones(2)
    >>> sorted(load(tensor_bytes({"a": shared, "b": shared})))
    ['a', 'b']
    """
    return save(
        {name: value.detach().cpu().clone(memory_format=torch.contiguous_format) for name, value in tensors.items()}
    )


def random_state(device: torch.device) -> dict[str, Tensor]:
    """Return torch's random state, on the CPU and on the device."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_random_state(state: Mapping[str, Tensor], device: torch.device) -> None:
    """Continue torch's random numbers where ``random_state`` was taken."""
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)
