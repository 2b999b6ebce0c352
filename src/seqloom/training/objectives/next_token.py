"""Predict what comes next: cross-entropy over tokens, with the state carried from window to window."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.data.batch import IGNORED, Batch
from seqloom.errors import UsageError
from seqloom.layers.state import detach, where
from seqloom.training.objectives.objective import Objective, wide

__all__ = ["NextToken", "begin", "mean_nats"]

_ABSURD = 10.0


class NextToken(Objective[Batch]):
    """−ln p(target), the mean over the real targets; for causal layers from ids (B, T) to logits (B, T, V).

    The state is carried from window to window without its gradient (truncated backpropagation through time; Williams &
    Peng, 1990), but where a row is ``fresh`` it is the initial one. A row that ends in padding is fresh in the next
    window, so nothing that a causal layer makes of the padding is ever read: ``lengths`` are left out of the call, and
    the fastest kernels may run. ``vocabulary_size`` V says how bad guessing is: a loss of ten times ln V is absurd.

    >>> round(NextToken(vocabulary_size=100).ceiling, 1)
    46.1
    """

    counted = "tokens"

    def __init__(self, vocabulary_size: int | None = None) -> None:
        if vocabulary_size is not None:
            self.ceiling = _ABSURD * max(1.0, math.log(vocabulary_size))

    def weight(self, batch: Batch) -> int:
        """The real targets."""
        return int(batch.targets.ne(IGNORED).sum())

    def loss(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Tensor, Any]:
        """The mean nats of a window, and the state after it."""
        logits, state = module(batch.x, begin(module, batch, carried))
        return mean_nats(logits, batch.targets), detach(state)

    def initial_state(self, module: nn.Module) -> Any:
        """The module's own."""
        return module.initial_state(1)  # type: ignore[operator]


def begin(module: nn.Module, batch: Batch, carried: Any) -> Any:
    """Return the state of a window: ``carried``, but the initial state in the rows that are ``fresh`` (B,)."""
    fresh = torch.ones(batch.size, dtype=torch.bool) if batch.fresh is None else batch.fresh
    rows: list[bool] = fresh.tolist()
    if carried is not None and not any(rows):
        return carried
    initial = module.initial_state(len(rows))  # type: ignore[operator]
    if all(rows):
        return initial
    if carried is None:
        raise UsageError("The first window must be fresh in every row: there is no state to carry yet.")
    return where(fresh, initial, carried)


def mean_nats(logits: Tensor, targets: Tensor) -> Tensor:
    """Return −log p(target), the mean over the real targets; logits (B, T, V), targets (B, T), padding -100.

    >>> mean_nats(torch.zeros(1, 2, 4), torch.tensor([[3, -100]])).exp()
    tensor(4.)
    """
    return functional.cross_entropy(wide(logits).flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
