"""The optimisers, from torch, with one convention for weight decay."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from seqloom.training.settings import OptimiserName, TrainingSettings

__all__ = ["build_optimiser", "optimiser_tensors", "restore_optimiser"]


def build_optimiser(module: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """Return the optimiser of a module's trainable parameters.

    Weight decay is for matrices; vectors (biases, norms, initial states) keep their size. AdamW decays weights
    directly (Loshchilov & Hutter, 2019), the others through the gradient. Adam: Kingma & Ba, 2015; RMSprop:
    Hinton, 2012. ``momentum`` is for SGD.

    >>> layer = nn.Linear(2, 3)
    >>> [group["weight_decay"] for group in build_optimiser(layer, TrainingSettings()).param_groups]
    [0.01, 0.0]
    """
    trainable = [p for p in module.parameters() if p.requires_grad]
    matrices = [p for p in trainable if p.ndim >= 2]
    vectors = [p for p in trainable if p.ndim < 2]
    groups: list[dict[str, Any]] = [
        {"params": params, "weight_decay": decay}
        for params, decay in ((matrices, settings.weight_decay), (vectors, 0.0))
        if params
    ]
    rate = settings.learning_rate
    match settings.optimiser:
        case OptimiserName.ADAMW:
            return torch.optim.AdamW(groups, lr=rate, fused=True)
        case OptimiserName.ADAM:
            return torch.optim.Adam(groups, lr=rate, fused=True)
        case OptimiserName.RMSPROP:
            return torch.optim.RMSprop(groups, lr=rate, alpha=0.99, foreach=True)
        case OptimiserName.SGD:
            return torch.optim.SGD(groups, lr=rate, momentum=settings.momentum, fused=True)


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return what an optimiser remembers, as tensors by "parameter number.name".

    >>> weight = nn.Parameter(torch.ones(2))
    >>> adam = torch.optim.Adam([weight])
    >>> weight.sum().backward(); adam.step()
    >>> sorted(optimiser_tensors(adam))
    ['0.exp_avg', '0.exp_avg_sq', '0.step']
    """
    return {
        f"{index}.{name}": value
        for index, memory in optimiser.state_dict()["state"].items()
        for name, value in memory.items()
        if isinstance(value, Tensor)
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Give an optimiser back what ``optimiser_tensors`` returned."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        state.setdefault(int(index), {})[name] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
