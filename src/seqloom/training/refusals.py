"""Why a run cannot go on, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from torch import Tensor, nn

from seqloom.data.batch import Batches, Epoch
from seqloom.errors import PeerError, UsageError
from seqloom.storage.run import Run, versions
from seqloom.storage.versions import step_of
from seqloom.training.ranks import Ranks
from seqloom.training.settings import TrainingSettings
from seqloom.training.snapshot import Snapshot

__all__ = ["check_resumable", "check_same_data", "divergence", "load_weights", "saying_what_is_kept"]


def check_resumable(taken: Snapshot, settings: TrainingSettings, batches: Batches, path: Path) -> None:
    """Raise ``UsageError`` when a checkpoint belongs to other data or another optimiser.

    Other settings may change on resume: limits, rates, clipping and the like hold from then on.
    """
    problems = []
    windows = len(batches)
    if taken.windows != windows:
        problems.append(f"it read {taken.windows:,} windows an epoch, this data has {windows:,}")
    elif taken.carried:
        window = batches.epoch(taken.counters.epoch)[taken.counters.window]
        before, now = len(next(iter(taken.carried.values()))), window.size
        if before != now:
            problems.append(f"its batches had {before:,} rows, this data has {now:,}")
    if taken.settings.optimiser is not settings.optimiser:
        problems.append(f"it used {taken.settings.optimiser.value}, now {settings.optimiser.value} is asked for")
    if problems:
        raise UsageError(f"{path} cannot be resumed: {'; '.join(problems)}. Use what the run began with.")


def check_same_data(ranks: Ranks, batches: Batches, validation: Epoch | None) -> None:
    """Raise ``UsageError`` where the processes of a run do not read the same: each takes its rows of every batch."""
    counts = ranks.gather((len(batches), 0 if validation is None else len(validation)))
    if len(set(counts)) > 1:
        learned = ", ".join(f"{count:,}" for count, _ in counts)
        judged = ", ".join(f"{count:,}" for _, count in counts)
        raise UsageError(
            f"The processes read different data: {learned} batches to learn from, {judged} to judge by. Give the same"
            " files, settings and seed to all."
        )


@contextmanager
def saying_what_is_kept(run: Run | None) -> Iterator[None]:
    """Where another process turns out to be gone within the block, add to the ``PeerError`` what is left of the run."""
    try:
        yield
    except PeerError as error:
        raise PeerError(f"{error} {_kept(run)}") from error


def _kept(run: Run | None) -> str:
    found = [] if run is None else versions(run.path)
    if run is None or not found:
        return "Nothing is saved."
    return (
        f"The last checkpoint, of step {step_of(found[-1]):,}, is in {run.path}; --resume (in Python resume=True)"
        " continues from there, with any number of processes."
    )


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
