"""LSTM and GRU against other libraries: JAX lax.scan (jit) in training, ONNX Runtime in inference, torch.nn in both.

    python benchmarks/peers.py

JAX and ONNX Runtime come with `pip install -c constraints.txt -e '.[bench]'`; one that is missing is skipped.
"""

from __future__ import annotations

from collections.abc import Callable

import support  # noqa: F401  (before torch)
import torch
from support import jax_peer, onnx_peer
from support.harness import Case, Peer
from support.layers import TORCH, Twin, flops, inference, make_pair, training
from support.peaks import fma_peak
from support.report import Report

SIZES = ((128, 32, 256), (256, 16, 128))


def cases(report: Report, twin: Twin, time: int, batch: int, hidden: int) -> list[Case]:
    """Training and inference at one size."""
    layer, module = make_pair(twin, hidden, hidden)
    x, sizes, tokens = torch.randn(batch, time, hidden), {"T": time, "B": batch, "H": hidden}, batch * time

    def optional(name: str, make: Callable[[], Peer]) -> tuple[Peer, ...]:
        try:
            return (make(),)
        except ModuleNotFoundError as error:
            report.skip(name, error.name or name)
            return ()

    arriving = torch.randn(batch, time, hidden)
    trained = training(layer, module, twin.stacked, x, "torch.nn", arriving=arriving)
    trained += optional("JAX", lambda: jax_peer.training(twin.name, module, x, arriving))
    inferred: tuple[Peer, ...] = (inference(layer, x, "seqloom"), inference(module, x, "torch.nn"))
    inferred += optional("ONNX Runtime", lambda: onnx_peer.inference(twin.name, module, x))
    return [
        Case(f"{twin.name} training", sizes, trained, flops(layer, tokens, training=True), fma_peak()),
        Case(f"{twin.name} inference", sizes, inferred, flops(layer, tokens, training=False), fma_peak()),
    ]


def main() -> None:
    """Measure, print and write."""
    report = Report("peers", __doc__ or "")
    for size in SIZES:
        report.add(*(case for twin in TORCH[:2] for case in cases(report, twin, *size)), seconds=15)
    report.finish()


if __name__ == "__main__":
    main()
