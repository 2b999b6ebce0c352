"""The loss of a module on data that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.errors import UsageError
from seqloom.layers.state import where
from seqloom.training.batch import IGNORED, Batch, Batches, count_targets

__all__ = ["Measure", "begin", "evaluate", "total_nats"]


class Measure(NamedTuple):
    """A loss: the nats of all ``tokens`` together."""

    nats: float
    tokens: int

    @property
    def mean(self) -> float:
        """Nats per token.

        >>> Measure(6.0, 4).mean
        1.5
        """
        return self.nats / max(self.tokens, 1)


def begin(module: nn.Module, fresh: Tensor, carried: Any) -> Any:
    """Return the state of a window: ``carried``, but the initial state in the rows that are ``fresh`` (B,)."""
    count = int(fresh.sum())
    if count == 0 and carried is not None:
        return carried
    initial = module.initial_state(len(fresh))  # type: ignore[operator]
    if count == len(fresh):
        return initial
    if carried is None:
        raise UsageError("The first window must be fresh in every row: there is no state to carry yet.")
    return where(fresh, initial, carried)


def total_nats(logits: Tensor, targets: Tensor) -> Tensor:
    """Return −Σ log p(target) over the real targets; logits (B, T, V), targets (B, T), padding -100.

    >>> total_nats(torch.zeros(1, 2, 4), torch.tensor([[3, -100]])).exp()
    tensor(4.)
    """
    return functional.cross_entropy(
        logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
    )


@torch.no_grad()
def evaluate(module: nn.Module, batches: Batches, stop: Callable[[], bool] = lambda: False) -> Measure | None:
    """Return the loss over all windows, the state carried from one to the next, without dropout.

    ``stop`` is asked before each window; once it says yes, the answer is None. The module's mode is put back.
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
                return None
            batch: Batch = batches[index]
            state = begin(module, batch.fresh, carried)
            lengths = None if batch.lengths is None else batch.lengths.to(device)
            logits, carried = module(batch.inputs.to(device), state, lengths)
            nats += total_nats(logits, batch.targets.to(device)).double().cpu()
            tokens += count_targets(batch)
    finally:
        module.train(training)
    return Measure(float(nats), tokens)
