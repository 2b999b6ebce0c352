"""One LSTM step called from Python, one thread, no gradients, against torch.nn.LSTMCell: through its drop-in, through a
layer inside a module, and as a stream. The steps of batches that take turns, against those of one size after the other.

python benchmarks/step.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer
from support.layers import TORCH, make_pair
from support.report import Report
from torch import Tensor, nn

import seqloom.nn
from seqloom.layers import Recurrent

SIZES = ((1, 64), (1, 256), (16, 64), (64, 64), (16, 256), (64, 256))
OF_TORCHS_TIME = {(1, 64): {"drop-in": 0.40, "layer in a module": 0.55, "stream": 0.30}, (1, 256): 0.50}
"""What a step is to take at most, of torch's time; where nothing is said, all of it."""
STEPS = 200

Steps = Callable[[Tensor], tuple[Tensor, Tensor]]


class Streaming(nn.Module):
    """A module whose call is one step of a layer."""

    def __init__(self, layer: Recurrent) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        return self.layer.step(x, state)


def of_cell(cell: nn.LSTMCell) -> Steps:
    @torch.no_grad()
    def run(x: Tensor) -> tuple[Tensor, Tensor]:
        h, c = (x.new_zeros(len(x), cell.hidden_size) for _ in range(2))
        for _ in range(STEPS):
            h, c = cell(x, (h, c))
        return h, c

    return run


def of_layer(layer: Recurrent) -> Steps:
    module = Streaming(layer)

    @torch.no_grad()
    def run(x: Tensor) -> tuple[Tensor, Tensor]:
        state = layer.initial_state(len(x))
        for _ in range(STEPS):
            _, state = module(x, state)
        return state.h, state.c

    return run


def of_stream(layer: Recurrent, batch: int) -> Steps:
    stream = layer.stream(batch)
    first = stream.state

    def run(x: Tensor) -> tuple[Tensor, Tensor]:
        stream.state = first
        for _ in range(STEPS):
            stream.step(x)
        state = stream.state
        return state.h, state.c

    return run


def made(hidden: int) -> tuple[nn.LSTMCell, nn.LSTMCell, Recurrent]:
    """torch's cell, ours and a layer, with the same weights."""
    layer, lstm = make_pair(TORCH[0], hidden, hidden)
    weights = {name.removesuffix("_l0"): value for name, value in lstm.state_dict().items()}
    cells = nn.LSTMCell(hidden, hidden), seqloom.nn.LSTMCell(hidden, hidden)
    for cell in cells:
        cell.load_state_dict(weights)
    return *cells, layer


def against_torch(batch: int, hidden: int) -> list[Case]:
    theirs, ours, layer = made(hidden)
    x = torch.randn(batch, hidden)
    ways = {"drop-in": of_cell(ours), "layer in a module": of_layer(layer), "stream": of_stream(layer, batch)}
    shares = OF_TORCHS_TIME.get((batch, hidden), 1.0)
    cases = []
    for way, run in ways.items():
        goal = 1 / (shares[way] if isinstance(shares, dict) else shares)
        peers = (Peer("seqloom", on(run, x), named), Peer("torch.nn.LSTMCell", on(of_cell(theirs), x), named, goal))
        cases.append(Case(f"LSTM step, {way}", {"B": batch, "H": hidden}, peers, calls=STEPS))
    return cases


def taking_turns(hidden: int) -> Case:
    """Batches of 1 and 8 by turns, and of 1 and then of 8; each ``run`` makes as many steps of both."""
    _, _, layer = made(hidden)
    inputs = [torch.randn(batch, hidden) for batch in (1, 8)]

    def run(by_turns: bool) -> Callable[[], list[Tensor]]:
        orders: Sequence[int] = [0, 1] * STEPS if by_turns else [0] * STEPS + [1] * STEPS

        @torch.no_grad()
        def steps() -> list[Tensor]:
            states = [layer.initial_state(len(x)) for x in inputs]
            for k in orders:
                _, states[k] = layer.step(inputs[k], states[k])
            return [state.h for state in states]

        return steps

    def read(found: list[Tensor]) -> dict[str, Tensor]:
        return {"B 1": found[0], "B 8": found[1]}

    peers = (Peer("by turns", run(True), read), Peer("one size after the other", run(False), read, 0.95))
    return Case("LSTM steps of two batches", {"H": hidden}, peers, calls=2 * STEPS)


def on(run: Steps, x: Tensor) -> Callable[[], tuple[Tensor, Tensor]]:
    return lambda: run(x)


def named(state: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
    return dict(zip(("h", "c"), state, strict=True))


def main() -> None:
    """Measure, print and write."""
    report = Report("step", __doc__ or "")
    torch.set_num_threads(1)
    for batch, hidden in SIZES:
        report.add(*against_torch(batch, hidden), seconds=6)
    report.add(taking_turns(64), seconds=4)
    report.finish()


if __name__ == "__main__":
    main()
