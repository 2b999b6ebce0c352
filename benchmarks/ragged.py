"""A ragged batch, half of whose steps are padding, against the same batch with every step computed: training.

    python benchmarks/ragged.py

The gradient that arrives at the padding is zero, so both give the same gradients, and the same outputs at real steps.
torch's own way, a packed sequence sorted by length, is timed beside them.
"""

from __future__ import annotations

from collections.abc import Callable

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer
from support.layers import TORCH, Twin, gradients, make_pair, there_and_back
from support.report import Report
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

SIZES = ((128, 32, 256), (128, 64, 512))
LARGEST_SHARE = 0.6


def case(twin: Twin, time: int, batch: int, hidden: int) -> Case:
    """One cell; the lengths are spread evenly, so that their mean is half of T."""
    layer, module = make_pair(twin, hidden, hidden)
    lengths = torch.linspace(1, time - 1, batch).round().long()[torch.randperm(batch)]
    real = (torch.arange(time) < lengths[:, None])[..., None]
    x = torch.randn(batch, time, hidden).requires_grad_()
    arriving = torch.randn(batch, time, hidden) * real

    def packed() -> Tensor:
        sequences = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        y, _ = pad_packed_sequence(module(sequences)[0], batch_first=True, total_length=time)
        return y

    def peer(name: str, network: nn.Module, forward: Callable[[], Tensor], goal: float | None = None) -> Peer:
        read = gradients(network, twin.stacked, x)
        return Peer(name, there_and_back(network, forward, x, arriving), lambda y: read(y * real), goal)

    return Case(
        f"{twin.name}, half padding",
        {"T": time, "B": batch, "H": hidden},
        (
            peer("seqloom, real steps", layer, lambda: layer(x, lengths=lengths)[0]),
            peer("seqloom, every step", layer, lambda: layer(x)[0], 1 / LARGEST_SHARE),
            peer("torch.nn, packed", module, packed),
            peer("torch.nn, every step", module, lambda: module(x)[0]),
        ),
    )


def main() -> None:
    """Measure, print and write."""
    report = Report("ragged", __doc__ or "")
    for size in SIZES:
        for timing in report.add(*(case(twin, *size) for twin in TORCH), seconds=15):
            timing.facts["time over that of every step"] = 1 / timing.ratio("seqloom, every step")
    report.finish()


if __name__ == "__main__":
    main()
