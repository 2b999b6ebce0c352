"""The loss of a module on data that it does not learn from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.errors import UsageError
from seqloom.layers.state import where
from seqloom.training.batch import IGNORED, Batch, Batches, count_targets

__all__ = ["Measure", "Watch", "Watched", "begin", "evaluate", "mean_nats"]

Watch = Callable[[int, int], None]
"""Is told how much of how much is done."""


class Measure(NamedTuple):
    """A loss: the nats of all ``tokens`` together."""

    nats: float
    tokens: int

    @property
    def mean(self) -> float:
        """Nats per token; nan where there are none.

        >>> Measure(6.0, 4).mean, Measure(0.0, 0).mean
        (1.5, nan)
        """
        return self.nats / self.tokens if self.tokens else math.nan


def begin(module: nn.Module, fresh: Tensor, carried: Any) -> Any:
    """Return the state of a window: ``carried``, but the initial state in the rows that are ``fresh`` (B,)."""
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
    return functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


@torch.no_grad()
def evaluate(module: nn.Module, batches: Batches, stop: Callable[[], bool] = lambda: False) -> Measure:
    """Return the loss over all windows, the state carried from one to the next, without dropout.

    ``stop`` is asked before each window; once it says yes, the answer is that of the windows before. The module's mode
    is put back.
    """
    device = next(module.parameters()).device
    training = module.training
    module.eval()
    nats = torch.zeros((), dtype=torch.float64)
    tokens = 0
    carried: Any = None
    try:
        for index in range(len(batches)):
            if stop():
                break
            batch: Batch = batches[index]
            state = begin(module, batch.fresh, carried)
            logits, carried = module(batch.inputs.to(device), state)
            count = count_targets(batch)
            if count:
                nats += mean_nats(logits, batch.targets.to(device)).double().cpu() * count
            tokens += count
    finally:
        module.train(training)
    return Measure(float(nats), tokens)


class Watched:
    """Batches that tell, as they are read, how many of how many there are."""

    def __init__(self, batches: Batches, watch: Watch) -> None:
        self._batches = batches
        self._watch = watch

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Any:
        self._watch(index + 1, len(self))
        return self._batches[index]
