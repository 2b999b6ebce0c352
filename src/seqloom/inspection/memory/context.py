"""What does matter: the loss against how much of the past is left.

A gradient says what a step of the past could do. Whether it does anything is seen by taking it away: the model reads
only the last k steps, or all, with those beyond the last k in a random order. Where the loss stops falling ends what
the model uses (the sharp and the fuzzy past of Khandelwal et al., 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.batch import Batch
from seqloom.errors import UsageError

__all__ = ["ContextCurve", "Missing", "loss_by_context", "with_context"]

Missing = Literal["cut", "shuffled"]
"""What becomes of the steps beyond the context: they are gone, or stand in a random order."""


@dataclass(frozen=True)
class ContextCurve:
    """The mean loss where ``context`` steps are left in their order; the last figure is that of all.

    ``errors`` are the standard errors of the differences to the whole, over batches.

    >>> curve = ContextCurve(np.array([1, 2, 4, 8]), np.array([3.0, 2.0, 1.02, 1.0]), np.zeros(4), "cut")
    >>> curve.used(), curve.used(share=0.001)
    (4, 8)
    """

    context: NDArray[np.int64]
    losses: NDArray[np.float64]
    errors: NDArray[np.float64]
    missing: Missing

    def used(self, share: float = 0.05) -> int:
        """The least context with which all but ``share`` of what the past is worth is there, and more than chance.

        What it is worth is the loss with the least context, less that with all. 0 where no context helps.
        """
        worth = self.losses[0] - self.losses[-1]
        if not worth > 2 * self.errors[0]:
            return 0
        near = self.losses - self.losses[-1] <= np.maximum(share * worth, 0)
        return int(self.context[int(np.argmax(near))])


def loss_by_context(
    loss: Callable[[Batch], Tensor],
    batches: Iterable[Batch],
    context: Sequence[int],
    missing: Missing = "cut",
    seed: int = 0,
) -> ContextCurve:
    """The mean ``loss`` of batches of which each row keeps its last ``context`` steps, for each such number.

    The loss of a batch is a mean over its rows; batches count by their rows. Raises UsageError without a batch, and for
    contexts that are not whole numbers from 1 up, in rising order.
    """
    kept = list(context)
    if not kept or kept[0] < 1 or any(a >= b for a, b in pairwise(kept)):
        raise UsageError(f"context: expected whole numbers from 1 up, in rising order; got {kept}.")
    generator = torch.Generator().manual_seed(seed)
    rows, found = [], []
    for batch in batches:
        with torch.no_grad():
            found.append([float(loss(with_context(batch, k, missing, generator))) for k in kept])
        rows.append(batch.size)
    if not rows:
        raise UsageError("loss_by_context expected at least one batch; got none.")
    weights, losses = np.array(rows) / sum(rows), np.array(found)
    beyond = losses - losses[:, -1:]
    spread = np.sqrt(np.sum(weights[:, None] ** 2 * (beyond - weights @ beyond) ** 2, 0))
    return ContextCurve(np.array(kept), weights @ losses, spread, missing)


def with_context(batch: Batch, context: int, missing: Missing, generator: torch.Generator) -> Batch:
    """A batch whose rows keep their last ``context`` steps in order.

    >>> rows = Batch({"x": torch.arange(1, 9).view(2, 4)}, torch.zeros(2), {"x": torch.tensor([4, 3])})
    >>> with_context(rows, 2, "cut", torch.Generator()).x
    tensor([[3, 4],
            [6, 7]])
    """
    x, lengths = batch.x, batch.length
    real = torch.full((batch.size,), x.shape[1], device=x.device) if lengths is None else lengths
    if missing == "shuffled":
        return batch._replace(inputs={"x": _shuffled(x, (real - context).clamp_min(0), generator)})
    left = real.clamp_max(context)
    time = int(left.max())
    steps = (real - left)[:, None] + torch.arange(time, device=x.device)
    places = steps.clamp_max(x.shape[1] - 1)
    inputs = {"x": _taken(x, places)}
    targets = _taken(batch.targets, places) if batch.targets.ndim > 1 else batch.targets
    full = bool((left == time).all())
    return batch._replace(inputs=inputs, targets=targets, lengths={} if full else {"x": left})


def _taken(values: Tensor, places: Tensor) -> Tensor:
    """values (B, T, …) at places (B, k) → (B, k, …)."""
    return values[torch.arange(len(values), device=values.device)[:, None], places]


def _shuffled(x: Tensor, counts: Tensor, generator: torch.Generator) -> Tensor:
    """The first ``counts`` (B,) steps of each row in a random order."""
    places = torch.arange(x.shape[1]).expand(len(x), -1).clone()
    for row, count in enumerate(counts.tolist()):
        places[row, :count] = torch.randperm(count, generator=generator)
    return _taken(x, places.to(x.device))
