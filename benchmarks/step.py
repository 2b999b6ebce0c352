"""One step of a stream, B = 1, called from Python without gradients, against torch.nn.LSTMCell.

python benchmarks/step.py
"""

from __future__ import annotations

from typing import Any

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer
from support.layers import TORCH, make_pair
from support.report import Report
from torch import nn

from seqloom.layers import Recurrent

GOALS = {64: (3.0, 4.0), 256: (2.0, None)}
STEPS = 500


class Streaming(nn.Module):
    """A module whose call is one step of a layer."""

    def __init__(self, layer: Recurrent) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        return self.layer.step(x, state)


def cases(hidden: int) -> tuple[Case, Case]:
    """Through the module, and bound: the same steps, the state handed on."""
    layer, lstm = make_pair(TORCH[0], hidden, hidden)
    cell = nn.LSTMCell(hidden, hidden)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in lstm.state_dict().items()})
    x = torch.randn(1, hidden)
    zeros = torch.zeros(1, hidden)

    @torch.no_grad()
    def run_cell() -> tuple[torch.Tensor, torch.Tensor]:
        h, c = zeros, zeros
        for _ in range(STEPS):
            h, c = cell(x, (h, c))
        return h, c

    def ours(step: Any) -> Any:
        @torch.no_grad()
        def run() -> Any:
            state = layer.initial_state(1)
            for _ in range(STEPS):
                _, state = step(x, state)
            return state

        return run

    def case(way: str, step: Any, goal: float | None) -> Case:
        def read(state: Any) -> dict[str, torch.Tensor]:
            return dict(zip(("h", "c"), state, strict=True))

        peers = (Peer("seqloom", ours(step), read), Peer("torch.nn.LSTMCell", run_cell, read, goal))
        return Case(f"LSTM step, {way}", {"B": 1, "H": hidden}, peers, calls=STEPS)

    module, bound = GOALS[hidden]
    return case("through a module", Streaming(layer), module), case("bound layer.step", layer.step, bound)


def main() -> None:
    """Measure, print and write."""
    report = Report("step", __doc__ or "")
    for hidden in GOALS:
        report.add(*cases(hidden), seconds=8)
    report.finish()


if __name__ == "__main__":
    main()
