"""A forward pass with all gates and states shown, against the same pass untraced, on one thread.

    python benchmarks/tracing.py

Times are the processor's. Outputs are compared to the bit. Where torch's own kernel runs (LSTMs without gradients),
which shows no more than h, the pass is made once more by a kernel of ours.
"""

from __future__ import annotations

from functools import partial
from time import process_time

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer
from support.report import Report
from torch import Tensor

from seqloom.cells import Cell, LayerNormLSTM, PeepholeLSTM
from seqloom.inspection import trace
from seqloom.layers import Recurrent, SequenceLayer, parse_spec

SIZES = ((256, 1, 256), (256, 8, 64), (256, 32, 64), (128, 8, 256), (128, 32, 256))
LAYERS: dict[str, str | Cell] = {
    "LSTM": "lstm",
    "GRU": "gru",
    "peephole LSTM": PeepholeLSTM(),
    "layer-norm LSTM": LayerNormLSTM(),
    "minGRU": "mingru",
    "2 LSTMs both ways": "lstm",
}
MOST = 2.0


def layer_of(name: str, hidden: int) -> SequenceLayer:
    """The layer, in evaluation."""
    kind = LAYERS[name]
    if isinstance(kind, Cell):
        return Recurrent(kind, hidden, hidden).eval()
    spec = f"2*{kind}({hidden}) bidirectional" if name.startswith("2") else f"{kind}({hidden})"
    return parse_spec(spec).build(hidden).eval()


def case(name: str, time: int, batch: int, hidden: int) -> Case:
    """One layer at one size."""
    layer, x = layer_of(name, hidden), torch.randn(batch, time, hidden)

    def untraced() -> Tensor:
        with torch.no_grad():
            y: Tensor = layer(x)[0]
            return y

    def traced(of: tuple[str, ...]) -> Tensor:
        y: Tensor = trace(layer, x, of=of).outputs[0]
        return y

    return Case(
        name,
        {"T": time, "B": batch, "H": hidden},
        (
            Peer("gates and states", partial(traced, ("gates", "states")), lambda y: {"y": y}),
            Peer("states", partial(traced, ("states",)), lambda y: {"y": y}),
            Peer("untraced", untraced, lambda y: {"y": y}, 1 / MOST),
        ),
        tolerance=0.0,
    )


def main() -> None:
    """Measure, print and write."""
    report = Report("tracing", __doc__ or "")
    torch.set_num_threads(1)
    for size in SIZES:
        for timing in report.add(*(case(name, *size) for name in LAYERS), seconds=6, clock=process_time):
            timing.facts["time over the pass untraced, the best of each"] = min(
                timing.samples["gates and states"]
            ) / min(timing.samples["untraced"])
    report.finish()


if __name__ == "__main__":
    main()
