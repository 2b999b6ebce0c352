"""One prediction explained: how much each step of one example speaks for the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.inspection.attribution import Attribution, integrated_gradients, occlusion
from seqloom.inspection.coloured import draw_coloured
from seqloom.inspection.report import Section, Table
from seqloom.inspection.report.section import drawn
from seqloom.tasks.inspecting.subject import Subject

__all__ = ["Explained", "explain", "section"]

_LISTED = 12


@dataclass(frozen=True)
class Explained:
    """An example by its ``pieces``, the model's likeliest ``output``, and what speaks for its score: taken away one by
    one, and by integrated gradients."""

    pieces: Sequence[str]
    output: str
    occluded: Attribution
    integrated: Attribution


def explain(subject: Subject, number: int, step: int = -1) -> Explained:
    """Explain what the model says of example ``number``; of answers a step, that of ``step`` (default: the last one).

    What stands for nothing is the mean vector of the examples. The score is the answer's before any softmax. UsageError
    for a number that there is not, for a step where an example has one answer, and for an example whose layers read
    other steps than were given.
    """
    if not 0 <= number < subject.size:
        raise UsageError(f"row: expected one of 0 … {subject.size - 1:,}, for {_count(subject.size)}; got {number}.")
    batch = subject.row(number)
    vectors, _ = subject.vectors(batch)
    pieces = subject.pieces(number)
    if len(pieces) != vectors.shape[1]:
        pieces = [str(step) for step in range(vectors.shape[1])]

    with torch.no_grad():
        answers = subject.model.answers(vectors, None)
        if answers.ndim == 2 and step != -1:
            raise UsageError(f"step: the model has one answer for each example; leave it out. Got {step}.")
        if answers.ndim > 2 and not -answers.shape[1] <= step < answers.shape[1]:
            raise UsageError(f"step: expected one of 0 … {answers.shape[1] - 1:,}, or -1 for the last; got {step}.")
    place = int((answers[0] if answers.ndim == 2 else answers[0, step]).argmax())
    nothing = _mean_vector(subject)

    def score(vectors: Tensor) -> Tensor:
        found = subject.model.answers(vectors, None)
        return found[:, place] if found.ndim == 2 else found[:, step, place]

    return Explained(
        pieces,
        subject.outputs(place),
        occlusion(score, vectors, nothing),
        integrated_gradients(score, vectors, nothing),
    )


def section(found: Explained, command: str) -> Section:
    """The answer for a report."""
    steps = found.integrated.steps
    order = np.argsort(-np.abs(steps))[:_LISTED]
    rows = [
        (str(place), repr(found.pieces[place]), f"{steps[place]:+.3f}", f"{found.occluded.steps[place]:+.3f}")
        for place in order
    ]
    says = [
        f"The answer is {found.output!r}, with a score of {found.integrated.score:.3f}; where every step says nothing "
        f"it is {found.integrated.baseline:.3f}.",
        f"Integrated gradients add up to the difference but for {found.integrated.gap:+.3g}; taking steps away one by "
        f"one leaves {found.occluded.gap:+.3g}, for steps that say the same stand in for each other.",
    ]
    picture = drawn(
        lambda path: draw_coloured(found.pieces, steps, f"for {found.output!r}", path),
        "Blue speaks for the answer, orange (underlined) against it.",
    )
    table = Table(("step", "piece", "integrated gradients", "taken away"), rows)
    return Section("Why this answer?", says, [picture, table], command)


def _count(examples: int) -> str:
    return "one example" if examples == 1 else f"{examples:,} examples"


def _mean_vector(subject: Subject) -> Tensor:
    vectors, lengths = subject.vectors(subject.batches[0])
    if lengths is None:
        return vectors.mean((0, 1))
    real = torch.arange(vectors.shape[1], device=vectors.device) < lengths[:, None]
    return vectors[real].mean(0)
