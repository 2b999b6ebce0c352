"""Why a run cannot go on, in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from seqloom.data.batch import Batches, of_epoch
from seqloom.errors import UsageError
from seqloom.storage.run import Run, versions
from seqloom.training.settings import TrainingSettings
from seqloom.training.snapshot import Snapshot

__all__ = ["check_resumable", "divergence", "load_weights"]


def check_resumable(taken: Snapshot, settings: TrainingSettings, batches: Batches, path: Path) -> None:
    """Raise ``UsageError`` when a checkpoint belongs to other data or another optimiser.

    Other settings may change on resume: limits, rates, clipping and the like hold from then on.
    """
    problems = []
    windows = len(batches)
    if taken.windows != windows:
        problems.append(f"it read {taken.windows:,} windows an epoch, this data has {windows:,}")
    elif taken.carried:
        window = of_epoch(batches, taken.counters.epoch)[taken.counters.window]
        before, now = len(next(iter(taken.carried.values()))), window.size
        if before != now:
            problems.append(f"its batches had {before:,} rows, this data has {now:,}")
    if taken.settings.optimiser is not settings.optimiser:
        problems.append(f"it used {taken.settings.optimiser.value}, now {settings.optimiser.value} is asked for")
    if problems:
        raise UsageError(f"{path} cannot be resumed: {'; '.join(problems)}. Use what the run began with.")


def load_weights(module: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Load weights, raising ``UsageError`` when the model has other ones."""
    own = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    theirs = {name: tuple(value.shape) for name, value in weights.items()}
    for name in sorted(own.keys() | theirs.keys()):
        if own.get(name) != theirs.get(name):
            raise UsageError(
                f"{path} holds another model: weight {name!r} is {theirs.get(name, 'absent')} there,"
                f" {own.get(name, 'absent')} here."
            )
    module.load_state_dict(dict(weights))


def divergence(what: str, settings: TrainingSettings, run: Run | None) -> str:
    """Return what happened, what is kept, and what to try."""
    clip = "a clip_norm, for example 1.0" if settings.clip_norm is None else f"a clip_norm below {settings.clip_norm:g}"
    kept = f" The last good checkpoint is in {run.path}." if run is not None and versions(run.path) else ""
    return (
        f"{what}.{kept} Try a learning rate below {settings.learning_rate:g}"
        f" (for example {settings.learning_rate / 4:g}), a longer warm-up, or {clip}."
    )
