"""A layer of seqloom beside the same layer in torch: same weights, same input, same gradients asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.cells import LSTM, Cell, Elman, GRUResetAfter
from seqloom.layers import Recurrent
from support.harness import Peer, Results

__all__ = ["TORCH", "Stacked", "Twin", "flops", "gradients", "inference", "make_pair", "there_and_back", "training"]

SCALE = 0.1
"""The scale of norms (Cooijmans et al., 2017, sec. 4). With 1, random weights make a chaotic network: the rounding
errors of any kernel grow a thousandfold within 128 steps, and nothing can be compared."""

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
                parameter.add_(SCALE)
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


def inference(network: nn.Module, x: Tensor, name: str, goal: float | None = None) -> Peer:
    """The forward pass without gradients."""

    @torch.no_grad()
    def run() -> Tensor:
        y: Tensor = network(x)[0]
        return y

    return Peer(name, run, lambda y: {"y": y}, goal)


def training(
    layer: Recurrent,
    module: nn.Module,
    stacked: Stacked,
    x: Tensor,
    other: str,
    goal: float | None = None,
    arriving: Tensor | None = None,
) -> tuple[Peer, ...]:
    """Forward and backward pass: the gradients of every parameter and of x.

    ``arriving``: the gradient of y (default: drawn at random).
    """
    x = x.clone().requires_grad_()
    if arriving is None:
        arriving = torch.randn(x.shape[0], x.shape[1], layer.out_features)
    return (
        Peer("seqloom", there_and_back(layer, lambda: layer(x)[0], x, arriving), gradients(layer, stacked, x)),
        Peer(other, there_and_back(module, lambda: module(x)[0], x, arriving), gradients(module, stacked, x), goal),
    )


def there_and_back(network: nn.Module, forward: Callable[[], Tensor], x: Tensor, arriving: Tensor) -> Callable[[], Any]:
    """``forward()`` and the backward pass of ``arriving``, into fresh gradients."""

    def run() -> Tensor:
        x.grad = None
        network.zero_grad(set_to_none=True)
        y = forward()
        y.backward(arriving)
        return y

    return run


def gradients(network: nn.Module, stacked: Stacked, x: Tensor) -> Callable[[Tensor], Results]:
    """Read y, and the gradients of x and of the parameters, stacked as in torch's module."""

    def read(y: Tensor) -> Results:
        if not isinstance(network, Recurrent):
            return {"y": y, "x": x.grad} | {name: network.get_parameter(name).grad for name in stacked}
        ours: dict[str, Any] = {name: parameter.grad for name, parameter in network.weights.named_parameters()}
        joined = {name: torch.cat([ours[source] for source in sources]) for name, sources in stacked.items()}
        return {"y": y, "x": x.grad} | joined

    return read
