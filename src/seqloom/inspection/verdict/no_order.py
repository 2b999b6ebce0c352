"""Data without order: the loss is the same with the past in any order, or without it."""

from __future__ import annotations

from seqloom.inspection.verdict.evidence import Evidence
from seqloom.inspection.verdict.findings import Cure, Verdict

__all__ = ["no_order"]


def no_order(evidence: Evidence) -> Verdict | None:
    """Where the loss with all but the last step shuffled is that of the whole, within noise."""
    cut, shuffled = evidence.cut, evidence.shuffled
    if cut is None or shuffled is None or evidence.needs_order:
        return None
    whole, other, error = float(shuffled.losses[-1]), float(shuffled.losses[0]), float(shuffled.errors[0])
    past = "What came matters, not when" if evidence.needs_past else "Nor does it need the past"
    return Verdict(
        "data without order",
        f"Order carries nothing that the model found: the loss is {whole:.4g}, and {other:.4g} ± {2 * error:.2g} with "
        f"all steps but the last shuffled. {past}.",
        (
            Cure("See whether rows still stand in their order, and whether answers belong to them."),
            Cure("If so, a model without a memory does as well and is faster: project(…) + pool(mean), or window(1)."),
        ),
    )
