"""LSTM, GRU and RNN against torch.nn: training (all gradients, that of x too) and inference.

python benchmarks/training.py
"""

from __future__ import annotations

from dataclasses import replace

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer
from support.layers import TORCH, Twin, flops, inference, make_pair, training
from support.peaks import fma_peak
from support.report import Report
from torch import Tensor, nn

from seqloom import kernels
from seqloom.layers import Recurrent

SIZES = ((128, 32, 256), (128, 64, 512), (256, 16, 128))
TRAINING_GOALS = {
    ("LSTM", 256): 1.2, ("LSTM", 512): 1.2, ("GRU", 256): 2.5, ("GRU", 512): 2.5, ("GRU", 128): 5.0,
    ("RNN", 256): 2.5, ("RNN", 512): 2.5,
}  # fmt: skip
INFERENCE_GOALS = {"LSTM": 0.95}
OWN = "cpu"


def cases(twin: Twin, time: int, batch: int, hidden: int) -> list[Case]:
    """Training and inference at one size."""
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
    infer = Case(
        f"{twin.name} inference",
        sizes,
        _inference(layer, module, x, INFERENCE_GOALS.get(twin.name)),
        work=flops(layer, tokens, training=False),
        yardstick=fma_peak(),
    )
    return [trained, infer]


def _inference(layer: Recurrent, module: nn.Module, x: Tensor, goal: float | None) -> tuple[Peer, ...]:
    """Where policy leaves inference to torch's kernel, our own is timed as well."""
    peers = (inference(layer, x, "seqloom"), inference(module, x, "torch.nn", goal))
    with torch.no_grad():
        if layer.explain(x).kernel == OWN:
            return peers
    own = inference(layer, x, "seqloom, own kernel")
    return *peers, replace(own, run=kernels.use(OWN)(own.run))


def main() -> None:
    """Measure, print and write."""
    report = Report("training", __doc__ or "")
    for size in SIZES:
        report.add(*(case for twin in TORCH for case in cases(twin, *size)), seconds=14)
    report.finish()


if __name__ == "__main__":
    main()
