"""Dead units: they say the same whatever they read, and where a rectifier is shut nothing brings them back."""

from __future__ import annotations

from typing import Final

from seqloom.inspection.verdict.evidence import Evidence
from seqloom.inspection.verdict.findings import Cure, Verdict
from seqloom.inspection.verdict.words import option, reworded

__all__ = ["dead"]

_MOST: Final = 0.5


def dead(evidence: Evidence) -> Verdict | None:
    """Where half of a layer's units are dead."""
    name, share = max(evidence.signs.dead.items(), key=lambda pair: pair[1], default=("", 0.0))
    if share < _MOST:
        return None
    return Verdict(
        "dead",
        f"In {name} {share:.0%} of the units say the same at every step of every row.",
        (
            reworded("An activation that is never flat", evidence.words, option("activation", "tanh")),
            Cure("Smaller steps let fewer units die: a lower --learning-rate, or --warmup-steps."),
            Cure("Normalise what the layer reads: norm + … before it."),
        ),
    )
