"""Training cost of every family over the number of steps T: recurrences and chunks are linear, attention is quadratic.

    python benchmarks/length.py

One layer of each family, batch 1, width 128: forward and backward pass. At T = 256 each is first compared with its
readable reference, step by step, which is timed beside it. Then minGRU against the LSTM at T = 4096, batch 8, width
256.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer, Results, Timing
from support.layers import there_and_back
from support.report import Report
from torch import Tensor

from seqloom import kernels
from seqloom.cells import LSTM, MinGRU
from seqloom.layers import Recurrent, SequenceLayer, parse_spec

WIDTH = 128
TIMES = (256, 1024, 4096, 16384)
LINEAR = (
    "lstm",
    "gru",
    "slstm",
    "mingru",
    "minlstm",
    "lru",
    "rg-lru",
    "retnet",
    "gla",
    "mamba2",
    "deltanet",
    "gated-deltanet",
    "mlstm",
    "attention(window=256)",
)
QUADRATIC = ("attention",)
SLOPE_FROM, SLOPE_TO = 4096, 16384


def peer(name: str, kernel: str, layer: SequenceLayer, x: Tensor) -> Peer:
    """Forward and backward pass on one kernel."""
    arriving = torch.randn(x.shape[0], x.shape[1], layer.out_features, generator=torch.Generator().manual_seed(1))
    run = there_and_back(layer, lambda: layer(x)[0], x, arriving)

    def on_kernel() -> Tensor:
        with kernels.use(kernel):
            y: Tensor = run()
        return y

    def read(y: Tensor) -> Results:
        return {"y": y.detach().clone(), "x": x.grad.clone() if x.grad is not None else None}

    return Peer(name, on_kernel, read)


def case(name: str, layer: SequenceLayer, batch: int, time: int, compared: bool = False) -> Case:
    """A layer at one length; ``compared``: beside its reference."""
    x = torch.randn(batch, time, layer.in_features).requires_grad_()
    peers = [peer("seqloom", "auto", layer, x)]
    peers += [peer("reference", "reference", layer, x)] if compared else []
    return Case(name, {"T": time, "B": batch, "H": layer.out_features}, tuple(peers), tolerance=1e-3)


def rivals() -> tuple[Case, Case]:
    """The bare recurrences, without the blocks of their papers."""
    minimal, lstm = (Recurrent(cell, 256, 256) for cell in (MinGRU, LSTM))
    return case("minGRU layer", minimal, 8, 4096), case("LSTM layer", lstm, 8, 4096)


def slope(timings: Sequence[Timing], words: str) -> float:
    """How many times as long a sequence that is four times as long takes, at the long end."""
    own = {timing.case.sizes["T"]: timing.own for timing in timings if timing.case.name == words}
    return own[SLOPE_TO] / own[SLOPE_FROM]


def curves(timings: Sequence[Timing], title: str, path: Path) -> None:
    """Milliseconds over T, both logarithmic; dotted: linear and quadratic growth."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots()
    colours = colormaps["tab20"].colors
    for k, words in enumerate((*LINEAR, *QUADRATIC)):
        line = [timing for timing in timings if timing.case.name == words and timing.case.sizes["H"] == WIDTH]
        style = "--s" if words in QUADRATIC else "-o"
        times = [1e3 * timing.own for timing in line]
        axes.loglog([t.case.sizes["T"] for t in line], times, style, color=colours[k], markersize=4, label=words)
    for power, name in ((1, "linear"), (2, "quadratic")):
        guide = [3 * (time / TIMES[0]) ** power for time in TIMES]
        axes.loglog(TIMES, guide, ":", color="grey", linewidth=1)
        axes.annotate(name, (TIMES[-1], guide[-1]), color="grey", fontsize=8)
    axes.set_xticks(TIMES, [f"{time:,}" for time in TIMES])
    axes.minorticks_off()
    axes.set_xlabel("T, steps")
    axes.set_ylabel(f"forward and backward pass, ms (batch 1, width {WIDTH})")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right center", fontsize=8)
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, dpi=120)


def main() -> None:
    """Measure, print and write."""
    report = Report("length", __doc__ or "", curves)
    for time in TIMES:
        for words in (*LINEAR, *QUADRATIC):
            layer = parse_spec(words).build(WIDTH)
            report.add(case(words, layer, 1, time, compared=time == TIMES[0]), seconds=2.0)
    for timing in [timing for timing in report.timings if timing.case.sizes["T"] == SLOPE_TO]:
        timing.facts[f"time over that at T = {SLOPE_FROM:,}"] = slope(report.timings, timing.case.name)
    minimal, lstm = report.add(*rivals(), seconds=15.0)
    minimal.facts["times as fast as the LSTM"] = lstm.own / minimal.own
    report.finish()


if __name__ == "__main__":
    main()
