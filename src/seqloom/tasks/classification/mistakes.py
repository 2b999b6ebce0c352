"""Where a classifier errs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.inspection.errors import Breakdown, Mistake, Mistakes, Reliability, broken_down, reliability, worst
from seqloom.inspection.errors.breakdown import by_quarters
from seqloom.tasks.classification.known import Known

__all__ = ["mistakes_of_answers"]

Floats = NDArray[np.float64]
_LEAST = 1e-12


def mistakes_of_answers(
    known: Known,
    read: Sequence[str],
    lengths: Sequence[int],
    y: Sequence[Any],
    probabilities: Mapping[str, Floats],
) -> Mistakes:
    """Of N rows, as they were ``read`` and how long they are, the classes or lists of labels ``y``.

    ``probabilities`` (N, C) are those of the model first, then of its baselines, by name. A row costs −ln p of its
    class, or the sum of that over all labels, there or not. Rows of classes that were not learned are left out.
    """
    own, *others = probabilities
    truth = known.encoded(y)
    kept = list(range(len(y))) if known.several else np.flatnonzero(truth >= 0).tolist()
    if not kept:
        return Mistakes([], says=["All rows are of classes that were not there to learn from."])
    truth, y = truth[kept], [y[row] for row in kept]
    each = {name: _costs(known, truth, p[kept]) for name, p in probabilities.items()}
    rows = {name: costs.sum(1) for name, costs in each.items()}
    beside = {name: rows[name] for name in sorted(others, key=lambda one: rows[one].mean())[:1]}
    said, total = known.decided(probabilities[own][kept]), rows[own]
    return Mistakes(
        [
            _by_class(known, y, each[own], {name: each[name] for name in beside}),
            by_quarters("length", [lengths[row] for row in kept], total, "nats", beside),
        ],
        [Mistake(kept[k], read[kept[k]], _shown(y[k]), _shown(said[k]), float(total[k])) for k in worst(total)],
        {name: _reliability(known, truth, probabilities[name][kept]) for name in (own, *beside, *_constant(others))},
        _left_out(len(probabilities[own]) - len(kept)),
    )


def _left_out(rows: int) -> list[str]:
    if not rows:
        return []
    return ["1 row of a class that is new is left out." if rows == 1 else f"{rows:,} rows of new classes are left out."]


def _costs(known: Known, truth: NDArray[Any], p: Floats) -> Floats:
    """−ln p of what is true: of classes (N, 1), of labels (N, L)."""
    if known.several:
        right = np.where(truth > 0, p, 1 - p)
    else:
        right = np.take_along_axis(p, truth[:, None], 1)
    found: Floats = -np.log(np.maximum(right, _LEAST))
    return found


def _by_class(known: Known, y: Sequence[Any], costs: Floats, beside: Mapping[str, Floats]) -> Breakdown:
    names = [str(name) for name in known.classes]
    if known.several:
        kinds = names * len(costs)
        return broken_down("label", kinds, costs.ravel(), "nats", {name: one.ravel() for name, one in beside.items()})
    of_rows = {name: one[:, 0] for name, one in beside.items()}
    return broken_down("true class", [str(one) for one in y], costs[:, 0], "nats", of_rows)


def _reliability(known: Known, truth: NDArray[Any], p: Floats) -> Reliability:
    if known.several:
        return reliability(np.maximum(p, 1 - p).ravel(), ((p >= 0.5) == (truth > 0)).ravel())
    return reliability(p.max(1), p.argmax(1) == truth)


def _constant(others: Sequence[str]) -> list[str]:
    """The baseline that looks at nothing, which is the first."""
    return list(others[:1])


def _shown(answer: Any) -> str:
    return ", ".join(map(str, answer)) or "no label" if isinstance(answer, list) else str(answer)
