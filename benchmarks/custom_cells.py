"""Cells that torch has not got against the same cells as loops of torch operations: training.

    python benchmarks/custom_cells.py

Our LSTM is timed in the same rounds: the time per floating-point operation of each cell is set against its.
"""

from __future__ import annotations

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case
from support.layers import TORCH, Twin, flops, make_pair, training
from support.own_cells import LayerNormLSTM, LeakyMemory, PeepholeLSTM
from support.peaks import fma_peak
from support.report import Report
from support.torch_loops import GRULoop, LayerNormLSTMLoop, LeakyMemoryLoop, PeepholeLSTMLoop

from seqloom.cells import GRU

GOALS = {(128, 32, 256): 4.0, (128, 64, 512): 2.5, (256, 16, 128): 6.0}
MOST_TIME_PER_FLOP = 1.4


def stacked(*maps: str) -> dict[str, list[str]]:
    """The maps of x and h that a loop stacks in its two matrices and its bias."""
    return {
        "weight_x": [f"{name}.weight_0" for name in maps],
        "weight_h": [f"{name}.weight_1" for name in maps],
        "bias": [f"{name}.bias" for name in maps],
    }


PEEPHOLES = {"peephole": [f"{gate}_peephole.vector" for gate in ("input", "forget", "output")]}
GATES = ("input", "forget", "output", "candidate")
NORMALISED = {
    "weight_x": [f"{gate}_x.weight_0" for gate in GATES],
    "weight_h": [f"{gate}_h.weight_0" for gate in GATES],
    "scale_x": [f"{gate}_x_norm.scale" for gate in GATES],
    "bias": [f"{gate}_x_norm.bias" for gate in GATES],
    "scale_h": [f"{gate}_h_norm.scale" for gate in GATES],
    "bias_h": [f"{gate}_h_norm.bias" for gate in GATES],
    "scale_c": ["cell_norm.scale"],
    "bias_c": ["cell_norm.bias"],
}
TWINS = (
    Twin(
        "peephole LSTM",
        PeepholeLSTM(),
        PeepholeLSTMLoop,
        stacked("input", "forget", "candidate", "output") | PEEPHOLES,
    ),
    Twin("layer-norm LSTM", LayerNormLSTM(), LayerNormLSTMLoop, NORMALISED),
    Twin("GRU, reset before", GRU(), GRULoop, stacked("update", "reset", "candidate")),
    Twin("a user's own", LeakyMemory(), LeakyMemoryLoop, stacked("candidate", "gate") | {"pace": ["pace.vector"]}),
)


def case(twin: Twin, size: tuple[int, int, int], other: str, goal: float | None) -> Case:
    """Training of one cell at one size."""
    time, batch, hidden = size
    layer, module = make_pair(twin, hidden, hidden)
    peers = training(layer, module, twin.stacked, torch.randn(batch, time, hidden), other, goal)
    work = flops(layer, batch * time, training=True)
    return Case(twin.name, {"T": time, "B": batch, "H": hidden}, peers, work, fma_peak())


def main() -> None:
    """Measure, print and write."""
    report = Report("custom_cells", __doc__ or "")
    lstm = TORCH[0]
    for size, goal in GOALS.items():
        cases = [case(twin, size, "torch loop", goal) for twin in TWINS]
        ours, *others = report.add(case(lstm, size, "torch.nn", None), *cases, seconds=14)
        for timing in others:
            relative = (timing.own / timing.case.work) / (ours.own / ours.case.work)
            held = "holds" if relative <= MOST_TIME_PER_FLOP else "missed"
            timing.facts["time per FLOP over our LSTM's"] = relative
            timing.facts["goal of the time per FLOP"] = f"≤ {MOST_TIME_PER_FLOP} {held}"
    report.finish()


if __name__ == "__main__":
    main()
