"""What an objective measures of a module on data that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from seqloom.data.batch import Batch, Batches
from seqloom.training.objectives.objective import Objective, Sums, added

__all__ = ["Watch", "Watched", "evaluate"]

Watch = Callable[[int, int], None]
"""Is told how much of how much is done."""


@torch.no_grad()
def evaluate(
    objective: Objective[Any], module: nn.Module, batches: Batches, stop: Callable[[], bool] = lambda: False
) -> Sums:
    """Return the sums of all batches, what they carry handed from one to the next, without dropout.

    ``stop`` is asked before each batch but the first; once it says yes, the answer is that of the batches before. The
    module's mode is put back.
    """
    device = next((weight.device for weight in module.parameters()), torch.device("cpu"))
    training = module.training
    module.eval()
    sums: Sums | None = None
    carried: Any = None
    try:
        for index in range(len(batches)):
            if sums is not None and stop():
                break
            found, carried = objective.sums(module, batches[index].to(device), carried)
            sums = added(sums, found)
    finally:
        module.train(training)
    if sums is None:
        raise ValueError("Expected at least one batch to evaluate on, got none.")
    return sums


class Watched:
    """Batches that tell, as they are read, how many of how many there are."""

    def __init__(self, batches: Batches, watch: Watch) -> None:
        self._batches = batches
        self._watch = watch

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        self._watch(index + 1, len(self))
        return self._batches[index]
