"""The same cells as a good user of torch writes them.

The maps of x are one product over all steps, before the loop and with time as the first axis; each step has as few
products and as few pointwise operations as torch lets it have.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["GRULoop", "LayerNormLSTMLoop", "LeakyMemoryLoop", "PeepholeLSTMLoop", "TorchLoop"]


class TorchLoop(nn.Module, ABC):
    """x (B, T, D) → y (B, T, H) and the final states (B, H), with ``gates`` maps stacked in one matrix."""

    gates: ClassVar[int]
    states: ClassVar[int] = 2

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.weight_x = nn.Parameter(torch.empty(self.gates * hidden, features))
        self.weight_h = nn.Parameter(torch.empty(self.gates * hidden, hidden))
        self.bias = nn.Parameter(torch.empty(self.gates * hidden))

    def forward(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        state = (x.new_zeros(x.shape[0], self.hidden),) * self.states
        weight_h, outputs = self.weight_h.t(), []
        for of_x in self.project(x.transpose(0, 1)).unbind(0):
            state = self.step(of_x, weight_h, *state)
            outputs.append(state[0])
        return torch.stack(outputs, 1), state

    def project(self, x: Tensor) -> Tensor:
        """x (T, B, D) → its share of all maps (T, B, gates · H)."""
        return functional.linear(x, self.weight_x, self.bias)

    @abstractmethod
    def step(self, of_x: Tensor, weight_h: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """The new states, h first."""


class PeepholeLSTMLoop(TorchLoop):
    """Gates in the order input, forget, candidate, output."""

    gates = 4

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__(features, hidden)
        self.peephole = nn.Parameter(torch.empty(3 * hidden))

    def step(self, of_x: Tensor, weight_h: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        h, c = state
        i, f, g, o = torch.addmm(of_x, h, weight_h).chunk(4, 1)
        of_i, of_f, of_o = self.peephole.chunk(3)
        i = torch.sigmoid(torch.addcmul(i, of_i, c))
        f = torch.sigmoid(torch.addcmul(f, of_f, c))
        c = torch.addcmul(f * c, i, torch.tanh(g))
        o = torch.sigmoid(torch.addcmul(o, of_o, c))
        return o * torch.tanh(c), c


class LayerNormLSTMLoop(TorchLoop):
    """Gates in the order input, forget, output, candidate; the biases of the norms of x and of h add up."""

    gates = 4

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__(features, hidden)
        self.scale_x = nn.Parameter(torch.empty(4 * hidden))
        self.scale_h = nn.Parameter(torch.empty(4 * hidden))
        self.bias_h = nn.Parameter(torch.empty(4 * hidden))
        self.scale_c = nn.Parameter(torch.empty(hidden))
        self.bias_c = nn.Parameter(torch.empty(hidden))

    def project(self, x: Tensor) -> Tensor:
        of_x = functional.linear(x, self.weight_x)
        return torch.addcmul(self.bias + self.bias_h, self._normal(of_x), self.scale_x)

    def _normal(self, maps: Tensor) -> Tensor:
        return functional.layer_norm(maps.unflatten(-1, (4, self.hidden)), (self.hidden,)).flatten(-2)

    def step(self, of_x: Tensor, weight_h: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        h, c = state
        gates = torch.addcmul(of_x, self._normal(torch.mm(h, weight_h)), self.scale_h)
        i, f, o = torch.sigmoid(gates[:, : 3 * self.hidden]).chunk(3, 1)
        c = torch.addcmul(f * c, i, torch.tanh(gates[:, 3 * self.hidden :]))
        return o * torch.tanh(functional.layer_norm(c, (self.hidden,), self.scale_c, self.bias_c)), c


class GRULoop(TorchLoop):
    """Update, reset, candidate; with reset before the product, the candidate's product waits for the gates'."""

    gates = 3
    states = 1

    def step(self, of_x: Tensor, weight_h: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        (h,) = state
        cut = 2 * self.hidden
        z, r = torch.sigmoid(torch.addmm(of_x[:, :cut], h, weight_h[:, :cut])).chunk(2, 1)
        n = torch.tanh(torch.addmm(of_x[:, cut:], r * h, weight_h[:, cut:]))
        return (torch.lerp(n, h, z),)


class LeakyMemoryLoop(TorchLoop):
    """The candidate, then the gate."""

    gates = 2

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__(features, hidden)
        self.pace = nn.Parameter(torch.empty(hidden))

    def project(self, x: Tensor) -> Tensor:
        self.keep = torch.sigmoid(self.pace)  # once a sequence
        return super().project(x)

    def step(self, of_x: Tensor, weight_h: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        h, c = state
        n, gate = torch.addmm(of_x, h, weight_h).chunk(2, 1)
        c = torch.lerp(torch.tanh(n), c, self.keep)
        return torch.sigmoid(gate) * c, c
