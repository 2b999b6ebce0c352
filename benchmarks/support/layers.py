"""A layer of seqloom beside the same layer in torch: same weights, same input, same gradients asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.cells import LSTM, Cell, Elman, GRUResetAfter
from seqloom.layers import Recurrent
from support.harness import Peer

__all__ = ["TORCH", "Stacked", "Twin", "flops", "inference", "make_pair", "training"]

Stacked = Mapping[str, Sequence[str]]
"""For each parameter of a torch module, the parameters of our cell that it stacks."""


@dataclass(frozen=True)
class Twin:
    """A cell, and the torch module that computes the same."""

    name: str
    cell: Cell
    module: type[nn.Module]
    stacked: Stacked


def _as_torch(x_maps: Sequence[str], h_weights: Sequence[str], h_maps: Sequence[str]) -> Stacked:
    return {
        "weight_ih_l0": [f"{name}.weight_0" for name in x_maps],
        "weight_hh_l0": h_weights,
        "bias_ih_l0": [f"{name}.bias" for name in x_maps],
        "bias_hh_l0": [f"{name}.bias" for name in h_maps],
    }


_GATES = ("input", "forget", "candidate", "output")
TORCH = (
    Twin("LSTM", LSTM(), nn.LSTM, _as_torch(_GATES, [f"{gate}.weight_1" for gate in _GATES], _GATES)),
    Twin(
        "GRU",
        GRUResetAfter(),
        nn.GRU,
        _as_torch(
            ("reset", "update", "candidate"),
            ("reset.weight_1", "update.weight_1", "candidate_state.weight_0"),
            ("reset", "update", "candidate_state"),
        ),
    ),
    Twin("RNN", Elman(), nn.RNN, _as_torch(("hidden",), ("hidden.weight_1",), ("hidden",))),
)
"""The three of torch.nn."""


def make_pair(twin: Twin, features: int, hidden: int) -> tuple[Recurrent, nn.Module]:
    """Our layer with random weights, and torch's with the same."""
    layer = Recurrent(twin.cell, features, hidden)
    with torch.no_grad():
        for name, parameter in layer.weights.named_parameters():
            nn.init.uniform_(parameter, -(hidden**-0.5), hidden**-0.5)
            if name.endswith(".scale"):
                parameter += 1
    of_torch = issubclass(twin.module, nn.RNNBase)
    module = twin.module(features, hidden, batch_first=True) if of_torch else twin.module(features, hidden)
    _load(module, layer, twin.stacked)
    return layer, module


def _load(module: nn.Module, layer: Recurrent, stacked: Stacked) -> None:
    """Fill the parameters of ``module``; a bias that torch has twice and we have once is given once."""
    ours, given = dict(layer.weights.named_parameters()), set[str]()
    with torch.no_grad():
        for name, sources in stacked.items():
            parts = [ours[source] * (source not in given) for source in sources]
            module.get_parameter(name).copy_(torch.cat(parts))
            given |= set(sources)


def flops(layer: Recurrent, tokens: int, training: bool) -> float:
    """The multiplications and additions of the matrix products; a training pass has three products for each one."""
    matrices = sum(parameter.numel() for parameter in layer.parameters() if parameter.ndim > 1)
    return 2.0 * tokens * matrices * (3 if training else 1)


def inference(
    layer: Recurrent, module: nn.Module, x: Tensor, other: str, goal: float | None = None
) -> tuple[Peer, Peer]:
    """The forward pass without gradients."""

    def peer(name: str, network: nn.Module, goal: float | None = None) -> Peer:
        @torch.no_grad()
        def run() -> Tensor:
            y: Tensor = network(x)[0]
            return y

        return Peer(name, run, lambda y: {"y": y}, goal)

    return peer("seqloom", layer), peer(other, module, goal)


def training(
    layer: Recurrent, module: nn.Module, stacked: Stacked, x: Tensor, other: str, goal: float | None = None
) -> tuple[Peer, Peer]:
    """Forward and backward pass: the gradients of every parameter and of x."""
    x = x.clone().requires_grad_()
    arriving = torch.randn(x.shape[0], x.shape[1], layer.out_features)

    def run(network: nn.Module) -> Tensor:
        x.grad = None
        network.zero_grad(set_to_none=True)
        y: Tensor = network(x)[0]
        y.backward(arriving)
        return y

    def read_ours(y: Tensor) -> dict[str, Any]:
        ours = {name: parameter.grad for name, parameter in layer.weights.named_parameters()}
        return {"y": y, "x": x.grad} | {
            name: torch.cat([ours[source] for source in sources]) for name, sources in stacked.items()
        }

    def read_torch(y: Tensor) -> dict[str, Any]:
        return {"y": y, "x": x.grad} | {name: module.get_parameter(name).grad for name in stacked}

    return (
        Peer("seqloom", lambda: run(layer), read_ours),
        Peer(other, lambda: run(module), read_torch, goal),
    )
