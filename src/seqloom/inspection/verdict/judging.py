"""One verdict over all signs, the causes before what they cause."""

from __future__ import annotations

from typing import Final

from seqloom.inspection.verdict.dead import dead
from seqloom.inspection.verdict.evidence import Evidence
from seqloom.inspection.verdict.exploding import exploding
from seqloom.inspection.verdict.findings import Verdict
from seqloom.inspection.verdict.learning_rate import learning_rate_too_high
from seqloom.inspection.verdict.no_order import no_order
from seqloom.inspection.verdict.saturated import saturated
from seqloom.inspection.verdict.short_window import short_window
from seqloom.inspection.verdict.vanishing import vanishing

__all__ = ["judge"]

_FAULTS: Final = (learning_rate_too_high, dead, saturated, exploding, short_window, vanishing)


def judge(evidence: Evidence) -> Verdict:
    """The first sign that is there: too high a rate kills and saturates, and what is dead or saturated forgets.

    Where next to nothing is left of the loss, gates may stand at their ends, and units be idle.

    >>> judge(Evidence()).kind
    'healthy'
    """
    for sign in (no_order,) if evidence.has_solved else (*_FAULTS, no_order):
        if (found := sign(evidence)) is not None:
            return found
    return Verdict("healthy", " ".join(_of_health(evidence)))


def _of_health(evidence: Evidence) -> list[str]:
    said = ["Nothing stands in the way of learning that can be seen."]
    lags = {name: curve.lag_below(0.01) for name, curve in evidence.states.items()}
    if lags:
        ends = [lag for lag in lags.values() if lag is not None]
        kept = f"over {min(ends):,.0f} steps or more" if ends else f"over all {evidence.steps} steps"
        said.append(f"A change of the state lives {kept}.")
    if evidence.cut is not None and (used := evidence.cut.used()):
        said.append(f"By the loss, 95 % of what the past is worth lies in the last {used} steps.")
    return said
