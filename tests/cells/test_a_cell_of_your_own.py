"""The tutorial's cell, in ten lines, trains on machine code."""

from __future__ import annotations

import torch
from torch import nn

from seqloom import kernels
from seqloom.cells import Cell, affine, sigmoid, tanh, weight
from seqloom.layers import Recurrent


class Latch(Cell):
    """h' = (1 - w) h + w n: the gate w says how much of the candidate n is written."""

    state = ("h",)

    def equations(self, x, h):
        write = sigmoid(affine("write", x, h) + weight("peephole") * h)
        candidate = tanh(affine("candidate", x, h))
        return (1 - write) * h + write * candidate


def examples(count: int, steps: int = 30) -> tuple[torch.Tensor, torch.Tensor]:
    """A stream of ±1 with a mark on the first: the target is the sign of the first value."""
    values = torch.randint(2, (count, steps)) * 2.0 - 1.0
    marks = torch.eye(1, steps).expand(count, -1)
    return torch.stack([values, marks], dim=-1), (values[:, 0] > 0).float()


def train(kernel: str, steps: int) -> tuple[list[float], Recurrent]:
    """The losses of training, always from the same weights and with the same data."""
    torch.manual_seed(0)
    layer, head = Recurrent(Latch, in_features=2, hidden_size=16), nn.Linear(16, 1)
    optimiser = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.02)
    losses = []
    with kernels.use(kernel):
        for _ in range(steps):
            x, target = examples(32)
            _, state = layer(x)
            loss = nn.functional.binary_cross_entropy_with_logits(head(state.h)[:, 0], target)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
    return losses, layer


def test_it_learns_to_remember() -> None:
    losses, layer = train("cpu", steps=60)
    assert sum(losses[:5]) / 5 > 0.6
    assert sum(losses[-5:]) / 5 < 0.1
    assert layer.explain(torch.zeros(2, 30, 2)).kernel == "cpu"


def test_it_learns_as_the_reference_does() -> None:
    for ours, theirs in zip(train("cpu", steps=10)[0], train("reference", steps=10)[0], strict=True):
        assert abs(ours - theirs) < 1e-4
