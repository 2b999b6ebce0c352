"""What pieces are called: labels to learn music under, and to ask for some of one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, Final

from seqloom.errors import UsageError, did_you_mean
from seqloom.tasks.examples.rows import check_rows

__all__ = ["check_labels", "given_labels", "labels_among", "said_of_labels"]

_PIECES_A_LABEL: Final = 2
_SHOWN: Final = 6


def given_labels(X: Any, y: Any) -> list[str] | None:
    """The labels ``y`` of pieces as text; None where there are none.

    Raises UsageError for those of a path, which has them itself, DataError where some are missing.
    """
    if y is None:
        return None
    if isinstance(X, str | os.PathLike):
        raise UsageError("y: expected None, for a folder of music has its labels itself: a folder each, or labels.csv.")
    check_rows(X, y)
    return [str(label) for label in y]


def labels_among(labels: Iterable[str]) -> list[str]:
    """Those that can be learned, in order: two or more, each, in the mean, of at least two pieces; else none.

    >>> labels_among(["reel", "jig", "jig", "reel", ""]), labels_among(["a", "b", "c"])
    (['jig', 'reel'], [])
    """
    said = [label for label in labels if label]
    found = sorted({*said})
    return found if len(found) > 1 and len(said) >= _PIECES_A_LABEL * len(found) else []


def said_of_labels(labels: Sequence[str]) -> list[str]:
    """A line on the labels of some pieces, or none.

    >>> said_of_labels(["jig", "jig", "reel", "reel"]), said_of_labels(["a", "b"])
    (['Labels: jig 2, reel 2.'], ['2 labels of 2 pieces are too many to learn from: left out.'])
    """
    said = [label for label in labels if label]
    if not said:
        return []
    found = labels_among(labels)
    if not found:
        few = "too few" if len({*said}) == 1 else "too many"
        return [f"{len({*said}):,} labels of {len(said):,} pieces are {few} to learn from: left out."]
    counts = ", ".join(f"{label} {said.count(label):,}" for label in found[:_SHOWN])
    return [f"Labels: {counts}{f' and {len(found) - _SHOWN} more' if len(found) > _SHOWN else ''}."]


def check_labels(known: Sequence[str], asked: Iterable[str]) -> None:
    """Raise UsageError for a label that is not among the known ones.

    >>> check_labels(["jig", "reel"], ["jug"])
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: label: expected one of jig, reel, got 'jug'. Did you mean 'jig'?
    """
    for label in asked:
        if label in known:
            continue
        if not known:
            raise UsageError(f"label: this model has learned no labels; leave {label!r} out, or train it on some.")
        shown = ", ".join(known[:_SHOWN]) + (f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else "")
        raise UsageError(f"label: expected one of {shown}, got {label!r}.{did_you_mean(label, known)}")
