"""Exploding influence: a small change of a state grows from step to step, and gradients with it."""

from __future__ import annotations

from statistics import median
from typing import Final

from seqloom.inspection.verdict.evidence import Evidence
from seqloom.inspection.verdict.findings import Cure, Verdict
from seqloom.inspection.verdict.words import NORMALISED, UNGATED, other_word, reworded
from seqloom.layers.spec import Term

__all__ = ["exploding"]

_GROWN: Final = 30.0
_LONG: Final = 3.0
_BURST: Final = 10.0


def exploding(evidence: Evidence) -> Verdict | None:
    """Where a change of a state grows to thirty times its size, and gradients are long, or were at first in vain.

    A normalised cell divides by what it holds, so that a change of a small state seems to grow; gradients tell. And a
    training that could not learn from long gradients may end where influence vanishes.
    """
    said = _growth(evidence) or _burst(evidence)
    if said is None:
        return None
    bound = 0.1 if evidence.is_clipped else 1.0
    return Verdict(
        "exploding",
        said,
        (
            reworded(
                "A cell whose state is a mean of the old and the new does not run away",
                evidence.words,
                lambda term: _tamer(term, evidence.steps),
            ),
            Cure(
                f"Clip gradients{' shorter' if evidence.is_clipped else ''}: --clip-norm {bound:g}.",
                {"clip_norm": bound},
            ),
            Cure("Begin with a recurrent matrix of a radius of 1 or less: recurrent=orthogonal, esn(…, radius=0.9)."),
        ),
    )


def _growth(evidence: Evidence) -> str | None:
    grown = {
        name: float(curve.values[curve.lags >= 0].max()) / max(curve.at_present, 1e-30)
        for name, curve in evidence.states.items()
    }
    name, factor = max(grown.items(), key=lambda pair: pair[1], default=("", 0.0))
    norms = _norms(evidence)
    if factor < _GROWN or (norms and median(norms) < _LONG):
        return None
    long = f"; the gradient had a norm of {median(norms):.3g}" if norms else ""
    return f"A small change of the state grows {factor:,.0f}-fold in {name} within {evidence.steps} steps{long}."


def _burst(evidence: Evidence) -> str | None:
    norms, first = _norms(evidence), evidence.first_loss
    if not norms or first is None or evidence.has_learned or max(norms) < _BURST * abs(first):
        return None
    return f"The gradient had a norm of {max(norms):,.3g}, and of {median(norms):.3g} in between; nothing was learned."


def _norms(evidence: Evidence) -> list[float]:
    return [record["gradient_norm"] for record in evidence.records if "gradient_norm" in record]


def _tamer(term: Term, steps: int) -> Term | None:
    if term.word in UNGATED:
        return other_word("gru", chrono=max(2, steps))(term)
    return other_word(NORMALISED[term.word])(term) if term.word in NORMALISED else None
