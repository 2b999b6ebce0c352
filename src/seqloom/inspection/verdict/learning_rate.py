"""A learning rate that is too high: the loss leaps above its start, and is no better at last."""

from __future__ import annotations

from typing import Final

from seqloom.inspection.verdict.evidence import Evidence
from seqloom.inspection.verdict.findings import Cure, Verdict

__all__ = ["learning_rate_too_high"]

_LARGE_UPDATE: Final = 0.1
_RISEN: Final = 0.5
_LOWER: Final = 0.1


def learning_rate_too_high(evidence: Evidence) -> Verdict | None:
    """Where the loss rose by half above its start, or did not fall while updates were above a tenth of the weights."""
    first, update = evidence.first_loss, evidence.largest_update
    if first is None:
        return None
    highest = max(record.get("highest_loss", record["loss"]) for record in evidence.records)
    large = not evidence.has_learned and update is not None and update > _LARGE_UPDATE
    if not large and not highest - first > _RISEN * abs(first):
        return None
    rate = max(record["learning_rate"] for record in evidence.records)
    better = rate * _LOWER * min(1.0, abs(first) / max(abs(highest), 1e-30))
    moved = f"; an update moved weights by {update:.0%} of their size" if update else ""
    spikes = sum(record.get("loss_spikes", 0) for record in evidence.records)
    jumped = f", and jumped {spikes:,} times" if spikes else ""
    clip = () if evidence.is_clipped else (Cure("Bound the gradient: --clip-norm 1.", {"clip_norm": 1.0}),)
    return Verdict(
        "learning rate too high",
        f"The loss was {first:.3g} at first, {highest:.3g} at its highest and {evidence.last_loss:.3g} at last{jumped}"
        f"{moved}.",
        (
            Cure(f"Learn in smaller steps: --learning-rate {better:.1g}.", {"learning_rate": float(f"{better:.1g}")}),
            Cure("Let it rise from zero: --warmup-steps 200.", {"warmup_steps": 200}),
            *clip,
        ),
    )
