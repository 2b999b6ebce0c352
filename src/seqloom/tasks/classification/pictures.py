"""Pictures of the answers of a classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import UsageError
from seqloom.inspection.confusion import draw_confusion
from seqloom.inspection.picture import check_picture
from seqloom.inspection.precision_recall import PrecisionRecall, draw_precision_recall
from seqloom.tasks.classification.known import Known
from seqloom.tasks.measures import confusion_counts, precision_and_recall

__all__ = ["draw_answers"]


def draw_answers(
    known: Known, y: Sequence[Any], probabilities: Mapping[str, NDArray[np.float64]], folder: Path
) -> dict[Path, str]:
    """Draw how rows of the classes ``y`` are answered, and return the files, each with what to see in it.

    ``probabilities`` (N, C) has those of the model first, then those of its baselines, by name. ``confusion.png`` is
    about the model alone; of two classes there is ``precision_recall.png`` too. Raises UsageError for labels, and
    MissingExtraError without matplotlib.
    """
    if known.several:
        raise UsageError("There are pictures of classes only, and this model gives any number of labels to a row.")
    files = {
        folder / "confusion.png": "What is right lies on the diagonal; a dark square beside it is a mistake often made."
    }
    if len(known.classes) == 2:
        files[folder / "precision_recall.png"] = (
            "Each point of a line is a threshold: further up and right is better. The dot is what the model takes."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        check_picture(file)
    name, own = next(iter(probabilities.items()))
    answers = known.decided(own)
    figures = known.judged(y, own, {}).model
    title = f"{name}\nmacro-F1 {figures['macro_f1']:.3f}, accuracy {figures['accuracy']:.3f}"
    classes = [*known.classes, *known.unseen(y)]
    confusion, *others = files
    draw_confusion(confusion_counts(y, answers, classes), classes, title, confusion)
    for other in others:
        positive = known.encoded(y) == 1
        called = answers == known.names[1]
        curves = [
            _curve(one, positive, p[:, 1], called if one == name else None)
            for one, p in probabilities.items()
            if np.ptp(p[:, 1]) > 0
        ]
        draw_precision_recall(curves, float(positive.mean()), f"Is it {known.classes[1]}?", other)
    return files


def _curve(name: str, positive: NDArray[np.bool_], p: ArrayLike, called: NDArray[np.bool_] | None) -> PrecisionRecall:
    precision, recall, _ = precision_and_recall(positive, p)
    chosen = None
    if called is not None and called.any():
        right = float((called & positive).sum())
        chosen = (right / max(1.0, float(positive.sum())), right / float(called.sum()))
    return PrecisionRecall(name, precision.tolist(), recall.tolist(), chosen)
