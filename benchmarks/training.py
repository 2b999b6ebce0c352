"""LSTM, GRU and RNN against torch.nn: training (all gradients, that of x too) and inference.

python benchmarks/training.py
"""

from __future__ import annotations

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case
from support.layers import TORCH, Twin, flops, inference, make_pair, training
from support.peaks import fma_peak
from support.report import Report

SIZES = ((128, 32, 256), (128, 64, 512), (256, 16, 128))
TRAINING_GOALS = {
    ("LSTM", 256): 1.2, ("LSTM", 512): 1.2, ("GRU", 256): 2.5, ("GRU", 512): 2.5, ("GRU", 128): 5.0,
    ("RNN", 256): 2.5, ("RNN", 512): 2.5,
}  # fmt: skip
INFERENCE_GOALS = {"LSTM": 0.95}


def cases(twin: Twin, time: int, batch: int, hidden: int) -> tuple[list[Case], dict[str, str]]:
    """Training and inference at one size, and the kernel that policy picks for each."""
    layer, module = make_pair(twin, hidden, hidden)
    x, sizes, tokens = torch.randn(batch, time, hidden), {"T": time, "B": batch, "H": hidden}, batch * time
    goal = TRAINING_GOALS.get((twin.name, hidden))
    trained = Case(
        f"{twin.name} training",
        sizes,
        training(layer, module, twin.stacked, x, "torch.nn", goal),
        work=flops(layer, tokens, training=True),
        yardstick=fma_peak(),
        share_goal=0.6,
    )
    run = Case(
        f"{twin.name} inference",
        sizes,
        inference(layer, module, x, "torch.nn", INFERENCE_GOALS.get(twin.name)),
        work=flops(layer, tokens, training=False),
        yardstick=fma_peak(),
    )
    with torch.no_grad():
        inferring = layer.explain(x).kernel
    return [trained, run], {trained.name: layer.explain(x).kernel, run.name: inferring}


def main() -> None:
    """Measure, print and write."""
    report = Report("training", __doc__ or "")
    for size in SIZES:
        made = [cases(twin, *size) for twin in TORCH]
        chosen = {name: kernel for _, kernels in made for name, kernel in kernels.items()}
        for timing in report.add(*(case for some, _ in made for case in some), seconds=14):
            timing.facts["kernel"] = chosen[timing.case.name]
    report.finish()


if __name__ == "__main__":
    main()
