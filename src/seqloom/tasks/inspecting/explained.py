"""One prediction explained: how much each step of one example speaks for the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.inspection.attributed import draw_over_frames, draw_over_series
from seqloom.inspection.attribution import Attribution, integrated_gradients, occlusion
from seqloom.inspection.report import Coloured, Section, Shown, Table
from seqloom.inspection.report.section import drawn
from seqloom.tasks.inspecting.subject import Pixels, Subject

__all__ = ["Explained", "TooLongError", "explain", "section"]

_LISTED, _NUMBERS, _MOST_STEPS = 12, 3, 4096


class TooLongError(UsageError):
    """An example of so many steps that taking them away one by one takes too long."""


@dataclass(frozen=True)
class Explained:
    """An example by its ``pieces`` and what it ``looks`` like, the ``output`` that is explained, in words what was
    ``said``, and what speaks for its score: steps taken away one by one, and integrated gradients.

    ``looks`` are numbers (T, D) or pixels; None of a text.
    """

    pieces: Sequence[str]
    looks: NDArray[np.floating] | Pixels | None
    output: str
    said: str
    occluded: Attribution
    integrated: Attribution


def explain(subject: Subject, number: int, step: int | None = None) -> Explained:
    """Explain what the model says of example ``number``; of answers a step, that of ``step``, counted from the end
    below 0 (default: the last one, or what ``subject.asked`` finds).

    What stands for nothing is the mean vector of the examples. The score is the answer's before any softmax. UsageError
    for a number that there is not, and for a step where an example has one answer; TooLongError for an example of more
    than 4,096 steps.
    """
    if not 0 <= number < subject.size:
        raise UsageError(f"row: expected one of 0 … {subject.size - 1:,}, for {_count(subject.size)}; got {number}.")
    batch = subject.row(number)
    vectors, _ = subject.vectors(batch)
    if vectors.shape[1] > _MOST_STEPS:
        raise TooLongError(
            f"row {number} has {vectors.shape[1]:,} steps, and of {_MOST_STEPS:,} at most each is asked."
        )
    pieces, looks = _as_read(subject, number, vectors[0])
    with torch.no_grad():
        answers = subject.model.answers(vectors, None)
        if answers.ndim == 2 and step is not None:
            raise UsageError(f"step: the model has one answer for each example; leave it out. Got {step}.")
        if answers.ndim > 2 and step is not None and not -answers.shape[1] <= step < answers.shape[1]:
            raise UsageError(f"step: expected one of 0 … {answers.shape[1] - 1:,}, or -1 for the last; got {step}.")
    asked = subject.asked
    step = asked.step(answers[0]) if step is None and answers.ndim > 2 else step
    likeliest = int((answers[0] if answers.ndim == 2 else answers[0, step]).argmax())
    place = likeliest if asked.place is None else asked.place
    output = asked.name(place)
    said = f"The {asked.what} is {output!r}, with a score of" if asked.place is None else f"The model says {output}:"
    nothing = _mean_vector(subject)

    def score(vectors: Tensor) -> Tensor:
        found = subject.model.answers(vectors, None)
        return found[:, place] if found.ndim == 2 else found[:, step, place]

    return Explained(
        pieces,
        looks,
        output,
        said,
        occlusion(score, vectors, nothing),
        integrated_gradients(score, vectors, nothing),
    )


def section(found: Explained, command: str) -> Section:
    """The answer for a report."""
    steps, score, baseline = found.integrated.steps, found.integrated.score, found.integrated.baseline
    order = np.argsort(-np.abs(steps))[:_LISTED]
    shown: Callable[[str], str] = repr if found.looks is None else str
    rows = [
        (str(place), shown(found.pieces[place]), f"{steps[place]:+.3f}", f"{found.occluded.steps[place]:+.3f}")
        for place in order
    ]
    says = [
        f"{found.said} {score:.3f}; where every step says nothing it is {baseline:.3f}.",
        f"Integrated gradients add up to the difference but for {found.integrated.gap:+.3g}; taking steps away one by "
        f"one leaves {found.occluded.gap:+.3g}, for steps that say the same stand in for each other.",
    ]
    picture = _shown(found)
    table = Table(("step", "piece", "integrated gradients", "taken away"), rows)
    return Section("Why this answer?", says, [picture, table], command)


def _shown(found: Explained) -> Shown:
    """What each step says, over what the example looks like."""
    steps, looks, title = found.integrated.steps, found.looks, f"for {found.output}"
    if looks is None:
        says = f"Blue speaks for {found.output!r}, orange, which is underlined, against it."
        return Coloured(found.pieces, steps.tolist(), says)
    if isinstance(looks, Pixels):
        shape = len(looks.frames), looks.rows, looks.columns
        says = "Blue regions speak for the answer, orange ones against it; the strongest have a sign."
        return drawn(lambda path: draw_over_frames(looks.frames, steps.reshape(shape), title, path), says)
    says = "What each step says is below: up, in blue, for the answer, and down, in orange, against it."
    return drawn(lambda path: draw_over_series(looks, steps, title, path), says)


def _as_read(
    subject: Subject, number: int, vectors: Tensor
) -> tuple[Sequence[str], NDArray[np.floating] | Pixels | None]:
    """The names of the steps of an example (T, D), and what it looks like where that is not a text.

    Where the steps that are read are not those that were given, as the frames of a sound, their vectors are looked at.
    """
    pieces, looks = subject.pieces(number), subject.looks(number)
    if len(pieces) == len(vectors):
        return pieces, None
    if isinstance(looks, Pixels):
        places = product(range(1, len(looks.frames) + 1), range(1, looks.rows + 1), range(1, looks.columns + 1))
        frame = "frame {}, " if len(looks.frames) > 1 else ""
        names = [f"{frame.format(at)}row {row}, column {column}" for at, row, column in places]
        if len(names) == len(vectors):
            return names, looks
    if isinstance(looks, np.ndarray) and len(looks) == len(vectors):
        values = looks.reshape(len(looks), -1)
        return [", ".join(f"{one:.4g}" for one in row[:_NUMBERS]) for row in values], values
    return [f"step {step}" for step in range(len(vectors))], vectors.double().cpu().numpy()


def _count(examples: int) -> str:
    return "one example" if examples == 1 else f"{examples:,} examples"


def _mean_vector(subject: Subject) -> Tensor:
    vectors, lengths = subject.vectors(subject.batches[0])
    if lengths is None:
        return vectors.mean((0, 1))
    real = torch.arange(vectors.shape[1], device=vectors.device) < lengths[:, None]
    return vectors[real].mean(0)
