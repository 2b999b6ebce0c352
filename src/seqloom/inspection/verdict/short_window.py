"""Too short a window: where training sees no further, the loss has not stopped falling."""

from __future__ import annotations

from typing import Final

import numpy as np

from seqloom.inspection.verdict.evidence import Evidence, beyond_noise
from seqloom.inspection.verdict.findings import Cure, Verdict

__all__ = ["short_window"]

_STILL: Final = 0.2
_LONGER: Final = 2


def short_window(evidence: Evidence) -> Verdict | None:
    """Where the farther half of the window is worth a fifth of all that the past is worth, and more than noise."""
    cut, window = evidence.cut, evidence.window
    if cut is None or window is None or not evidence.needs_past:
        return None
    half = int(np.searchsorted(cut.context, window / 2))
    if half == len(cut.context) or not beyond_noise(cut, half):
        return None
    share = float((cut.losses[half] - cut.losses[-1]) / (cut.losses[0] - cut.losses[-1]))
    if share < _STILL:
        return None
    longer = _LONGER * window
    return Verdict(
        "too short a window",
        f"The farther half of the window of {window} steps is worth {share:.0%} of all that the past is worth.",
        (
            Cure(f"Let it see more at once: --window {longer}.", {"window": longer}),
            Cure("A state that reaches further needs fewer steps: lstm(…, chrono=…)."),
        ),
    )
