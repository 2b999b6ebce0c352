"""Training time over the number of steps T, rows B and units H, against torch.nn.

python benchmarks/scaling.py
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Timing
from support.layers import TORCH, Twin, flops, make_pair, training
from support.peaks import fma_peak
from support.report import Report

BASE = {"T": 64, "B": 16, "H": 128}
AXES = {"T": (8, 32, 64, 256, 1024), "B": (1, 4, 16, 64, 256), "H": (32, 64, 128, 256, 512)}


def case(twin: Twin, sizes: dict[str, int]) -> Case:
    """Training of one cell at one size."""
    layer, module = make_pair(twin, sizes["H"], sizes["H"])
    x = torch.randn(sizes["B"], sizes["T"], sizes["H"])
    peers = training(layer, module, twin.stacked, x, "torch.nn")
    return Case(twin.name, sizes, peers, flops(layer, sizes["B"] * sizes["T"], training=True), fma_peak())


def curves(timings: Sequence[Timing], title: str, path: Path) -> None:
    """A panel for each axis, the other two sizes fixed; solid: seqloom, dashed: torch.nn."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.2), layout="constrained")
    for panel, axis in zip(figure.subplots(1, len(AXES)), AXES, strict=True):
        others = BASE.keys() - {axis}
        chosen = [t for t in timings if all(t.case.sizes[other] == BASE[other] for other in others)]
        chosen.sort(key=lambda timing: timing.case.sizes[axis])
        for k, twin in enumerate(TORCH):
            line = [timing for timing in chosen if timing.case.name == twin.name]
            sizes = [timing.case.sizes[axis] for timing in line]
            for peer, style in (("seqloom", "-o"), ("torch.nn", "--s")):
                times = [1e3 * timing.median(peer) for timing in line]
                panel.loglog(sizes, times, style, color=f"C{k}", markersize=4, label=f"{twin.name}, {peer}")
        panel.set_xlabel(f"{axis}  ({', '.join(f'{other} = {BASE[other]}' for other in sorted(others))})")
        panel.set_xticks(AXES[axis], [str(size) for size in AXES[axis]], minor=False)
        panel.minorticks_off()
        panel.grid(alpha=0.3)
    figure.axes[0].set_ylabel("forward and backward pass, ms")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", fontsize=8)
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, dpi=120)


def main() -> None:
    """Measure, print and write."""
    report = Report("scaling", __doc__ or "", curves)
    points = dict.fromkeys(tuple((BASE | {axis: size}).items()) for axis, sizes in AXES.items() for size in sizes)
    for point in points:
        report.add(*(case(twin, dict(point)) for twin in TORCH), seconds=2.5)
    report.finish()


if __name__ == "__main__":
    main()
