"""Which class is taken for which, as numbers and as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.tasks.measures.classes import places_of

__all__ = ["confusion_counts", "confusion_text"]

_WIDEST = 12
_LISTED = 20
_LONGEST = 12


def confusion_counts(true: Sequence[Any], predicted: Sequence[Any], classes: Sequence[Any]) -> NDArray[np.int64]:
    """How many rows of each class (first axis) are predicted to be of each (second axis), (C, C)."""
    from sklearn.metrics import confusion_matrix

    places = [places_of(labels, classes) for labels in (true, predicted)]
    found: NDArray[np.int64] = confusion_matrix(*places, labels=range(len(classes)))
    return found


def confusion_text(counts: NDArray[np.int64], classes: Sequence[Any]) -> str:
    """The table: a line for each true class, a column for each predicted one; zeros are dots.

    Of more than 12 classes the 20 commonest confusions are listed instead.

    >>> print(confusion_text(np.array([[5, 1], [0, 12]]), ["ham", "spam"]))
    true \\ predicted  ham  spam
    ham                 5     1
    spam                .    12
    """
    names = [_short(str(label)) for label in classes]
    if len(names) > _WIDEST:
        return _commonest(counts, names)
    corner = "true \\ predicted"
    first = max(len(corner), *map(len, names))
    widths = [max(len(name), *(len(str(count)) for count in counts[:, k])) for k, name in enumerate(names)]
    lines = [corner.ljust(first) + "".join(f"  {name:>{width}}" for name, width in zip(names, widths, strict=True))]
    for name, row in zip(names, counts, strict=True):
        cells = "".join(f"  {str(count) if count else '.':>{width}}" for count, width in zip(row, widths, strict=True))
        lines.append(name.ljust(first) + cells)
    return "\n".join(lines)


def _commonest(counts: NDArray[np.int64], names: Sequence[str]) -> str:
    wrong = counts - np.diag(counts.diagonal())
    order = np.argsort(-wrong, axis=None, kind="stable")[:_LISTED]
    pairs = [(int(place) // len(names), int(place) % len(names)) for place in order]
    rows = [(wrong[a, b], names[a], names[b]) for a, b in pairs if wrong[a, b]]
    width = max((len(name) for _, name, _ in rows), default=0)
    lines = [f"{name:<{width}}  taken for {other}  {count}" for count, name, other in rows]
    return "\n".join([f"Of {len(names)} classes, those taken for one another most often:", *lines])


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
