"""Which task a file is for: the one whose door claims it most surely, or an error that names the choices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from seqloom.errors import UsageError
from seqloom.tasks.registry import door_of, tasks

__all__ = ["Guess", "guess"]


class Guess(NamedTuple):
    """A task, and what in the file speaks for it."""

    task: str
    reason: str


def guess(path: Path, given: Mapping[str, Any]) -> Guess | None:
    """The task of a file or folder, by what is in it and the settings given; None where no door claims it.

    Raises UsageError where two doors claim it alike.
    """
    claims = {name: door_of(name).claims(path, given) for name in tasks()}
    found = sorted(
        ((claim.strength, name, claim.reason) for name, claim in claims.items() if claim is not None), reverse=True
    )
    if not found:
        return None
    best = [(name, reason) for strength, name, reason in found if strength == found[0][0]]
    if len(best) > 1:
        choices = ", or ".join(f"--task {name}" for name, _ in sorted(best))
        reasons = " ".join(dict.fromkeys(reason.partition(" Say which: ")[0] for _, reason in best))
        raise UsageError(f"{reasons} Say which: {choices}.")
    return Guess(*best[0])
