"""How much each step of an input speaks for an answer: by taking it away, and by gradients on a path.

Both ask a function of vectors (:class:`~seqloom.models.halves.Halves` gives one), so they hold for tokens, series,
sounds and pictures alike, and need no change of the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.errors import UsageError

__all__ = ["Attribution", "integrated_gradients", "occlusion"]

Score = Callable[[Tensor], Tensor]
"""Vectors (B, T, D) → one score a row (B,)."""

_AT_ONCE = 32
_POINTS, _MOST_POINTS = 64, 1024
_MISSING = 0.01


@dataclass(frozen=True)
class Attribution:
    """``steps`` (T,): what each step adds to ``score``, beside ``baseline``, the score where all say nothing.

    ``gap`` is score − baseline − Σ steps: what the steps leave unexplained. It is 0 for a function that adds up.
    """

    steps: NDArray[np.float64]
    score: float
    baseline: float

    @property
    def gap(self) -> float:
        """What the steps leave unexplained."""
        return self.score - self.baseline - float(self.steps.sum())


def occlusion(score: Score, vectors: Tensor, nothing: Tensor | None = None) -> Attribution:
    """The score (B → 1) less the score with one step in turn replaced by ``nothing`` (D,) (default: 0).

    vectors (1, T, D). Zeiler & Fergus (2014) did so with patches of pictures. Where two steps say the same, taking away
    one changes nothing, and both get 0: see ``gap``.

    >>> occlusion(lambda x: x.sum((1, 2)), torch.tensor([[[1.0], [2.0]]])).steps.tolist()
    [1.0, 2.0]
    """
    nothing = _checked(vectors, nothing)
    time = vectors.shape[1]
    with torch.no_grad():
        scores = []
        for begin in range(0, time, _AT_ONCE):
            places = torch.arange(begin, min(time, begin + _AT_ONCE))
            without = vectors.repeat(len(places), 1, 1)
            without[torch.arange(len(places)), places] = nothing
            scores.append(score(without).double())
        whole, none = float(score(vectors)), float(score(nothing.expand_as(vectors)))
    return Attribution(whole - torch.cat(scores).numpy(), whole, none)


def integrated_gradients(
    score: Score, vectors: Tensor, nothing: Tensor | None = None, points: int | None = None
) -> Attribution:
    """(x_t − x′)·∫₀¹ ∂score(x′ + α(x − x′))/∂x_t dα, by the midpoints of ``points`` parts (Sundararajan et al., 2017).

    vectors (1, T, D); x′ is ``nothing`` (D,) (default: 0). The steps add up to score − baseline but for the error of
    the sum, ``gap``. Without ``points`` there are 64, and four times as many while more than a hundredth is missing, up
    to 1,024: a recurrence may turn sharply on the way.

    >>> found = integrated_gradients(lambda x: x.square().sum((1, 2)), torch.tensor([[[1.0], [2.0]]]))
    >>> found.steps.round(6).tolist(), abs(found.gap) < 1e-6
    ([1.0, 4.0], True)
    """
    if points is not None and points < 1:
        raise UsageError(f"points: expected a whole number from 1 up, got {points}.")
    nothing = _checked(vectors, nothing)
    with torch.no_grad():
        whole, none = float(score(vectors)), float(score(nothing.expand_as(vectors)))
    count = points or _POINTS
    while True:
        found = Attribution(_integrated(score, vectors.detach(), nothing, count), whole, none)
        if points is not None or count >= _MOST_POINTS or abs(found.gap) <= _MISSING * abs(whole - none):
            return found
        count *= 4


def _integrated(score: Score, vectors: Tensor, nothing: Tensor, points: int) -> NDArray[np.float64]:
    away = vectors - nothing
    gradient = torch.zeros_like(vectors[0], dtype=torch.float64)
    shares = (torch.arange(points, dtype=vectors.dtype, device=vectors.device) + 0.5) / points
    for part in shares.split(_AT_ONCE):
        on_path = (nothing + part[:, None, None] * away).requires_grad_()
        (found,) = torch.autograd.grad(score(on_path).sum(), on_path)
        gradient += found.double().sum(0)
    return (gradient / points * away[0].double()).sum(1).cpu().numpy()


def _checked(vectors: Tensor, nothing: Tensor | None) -> Tensor:
    if vectors.ndim != 3 or len(vectors) != 1:
        raise UsageError(f"Expected the vectors of one row, (1, T, D); got {tuple(vectors.shape)}.")
    return vectors.new_zeros(vectors.shape[2]) if nothing is None else nothing.to(vectors)
