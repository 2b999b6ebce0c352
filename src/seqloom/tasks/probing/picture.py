"""The learning curves of a probe: the loss, and what is right on longer sequences where the probe asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqloom.inspection.learning_curves import Curve, Panel, draw_learning_curves
from seqloom.probes import Probe
from seqloom.tasks.probing.results import ProbeResult

__all__ = ["draw_results"]


def draw_results(probe: Probe, results: Sequence[ProbeResult], picture: Path) -> None:
    """Draw all ``results`` of ``probe`` into the file ``picture``; raises MissingExtraError without matplotlib."""
    losses = [Curve(one.model, [(point.step, point.measures.loss) for point in one.history]) for one in results]
    panels = [Panel(f"loss ({probe.answer.unit})", probe.baseline().loss, losses)]
    longer = probe.longer()
    if longer is not None:
        shares = [
            Curve(one.model, [(point.step, point.longer.accuracy) for point in one.history if point.longer])
            for one in results
        ]
        panels.append(Panel("right on longer sequences", longer.baseline().accuracy, shares, share=True))
    draw_learning_curves(panels, str(probe), picture)
