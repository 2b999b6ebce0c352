"""Vanishing influence: what lies back cannot be heard, and nothing was learned."""

from __future__ import annotations

import math
from typing import Final

from seqloom.inspection.verdict.evidence import Evidence
from seqloom.inspection.verdict.findings import Cure, Verdict
from seqloom.inspection.verdict.words import GATED, UNGATED, option, other_word, reworded
from seqloom.layers.spec import Term

__all__ = ["vanishing"]

_LOST: Final = 0.5
_LOST_ALONE: Final = 0.25


def vanishing(evidence: Evidence) -> Verdict | None:
    """Where 1 % of the influence is left after less than half of the steps, of a model that uses no past.

    Where neither loss nor records tell whether it does, after less than a quarter of them. What ends by itself, as a
    convolution does, has not vanished.
    """
    if evidence.has_learned or evidence.needs_past:
        return None
    unknown = evidence.has_learned is None and evidence.needs_past is None
    least = (_LOST_ALONE if unknown else _LOST) * evidence.steps
    states = {name: evidence.inputs[name] for name in evidence.states if name in evidence.inputs}
    lags = {name: curve.lag_below(0.01) for name, curve in states.items() if curve.values[curve.lags >= 0].min() > 0}
    name, lag = min(
        ((name, lag) for name, lag in lags.items() if lag is not None and lag < least),
        key=lambda pair: pair[1],
        default=("", math.inf),
    )
    if not name:
        return None
    return Verdict(
        "vanishing",
        f"Influence vanishes in {name}: after {math.ceil(lag)} of {evidence.steps} steps less than 1 % is left, and "
        "the loss makes no use of what lies back.",
        (
            reworded(
                "A memory behind gates that begin open",
                evidence.words,
                lambda term: _keeping(term, evidence.steps),
            ),
            Cure("A diagonal recurrence keeps by its own numbers: mingru, lru, rg-lru."),
            Cure("Attention reaches any step at once: + attention(…), or a pooling that looks at all steps."),
            Cure("Where the loss does not need more, a shorter --window trains faster."),
        ),
    )


def _keeping(term: Term, steps: int) -> Term | None:
    chrono = max(2, steps)
    return other_word(GATED, chrono=chrono)(term) if term.word in UNGATED else option("chrono", chrono)(term)
