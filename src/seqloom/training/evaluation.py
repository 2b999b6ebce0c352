"""What an objective measures of a module on data that it does not learn from."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from seqloom.data.batch import Batch, Epoch
from seqloom.training.objectives.objective import Objective, Sums, added
from seqloom.training.ranks import ALONE, Ranks

__all__ = ["Watch", "Watched", "evaluate"]

Watch = Callable[[int, int], None]
"""Is told how much of how much is done."""


@torch.no_grad()
def evaluate(
    objective: Objective[Any],
    module: nn.Module,
    batches: Epoch,
    stop: Callable[[], bool] = lambda: False,
    ranks: Ranks = ALONE,
) -> Sums:
    """Return the sums of all batches, what they carry handed from one to the next, without dropout.

    Of several processes each reads its rows, and all get the same sums. ``stop`` is asked before each batch but the
    first; once it says yes, the answer is that of the batches before. The module's mode is put back.
    """
    if not len(batches):
        raise ValueError("Expected at least one batch to evaluate on, got none.")
    device = next((weight.device for weight in module.parameters()), torch.device("cpu"))
    training = module.training
    module.eval()
    sums: Sums | None = None
    carried: Any = None
    try:
        for index in range(len(batches)):
            if index and stop():
                break
            batch = ranks.rows(batches[index])
            if batch.size:
                found, carried = objective.sums(module, batch.to(device), carried)
                sums = found if sums is None else added(sums, found)
    finally:
        module.train(training)
    return functools.reduce(added, (one for one in ranks.gather(sums) if one is not None))


class Watched:
    """Batches that tell, as they are read, how many of how many there are."""

    def __init__(self, batches: Epoch, watch: Watch) -> None:
        self._batches = batches
        self._watch = watch

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        self._watch(index + 1, len(self))
        return self._batches[index]
