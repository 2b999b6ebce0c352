"""Whether what a unit tracks is used: the loss with the unit held still, and scores with it from another context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from seqloom.inspection.state_vectors import states_from_vectors
from seqloom.inspection.units.walk import Change, walk
from seqloom.layers.protocol import CausalLayer

__all__ = ["Ablation", "ablate", "patched_scores"]


@dataclass(frozen=True)
class Ablation:
    """−ln p of each token of rows (B, T): with the state as it is, and with some units held at their mean.

    ``others`` (R, B, T) is the same for as many other units, drawn at random R times: a control.
    """

    whole: NDArray[np.float64]
    without: NDArray[np.float64]
    others: NDArray[np.float64]

    def cost(self, where: NDArray[np.bool_] | None = None) -> float:
        """The nats that a token costs more without the units, over all tokens or ``where`` (B, T) is true."""
        return float(_mean(self.without, where) - _mean(self.whole, where))

    def usual_cost(self, where: NDArray[np.bool_] | None = None) -> float:
        """The same for other units, the mean of the draws."""
        return float(np.mean([_mean(other, where) - _mean(self.whole, where) for other in self.others]))

    @property
    def used(self) -> bool:
        """Whether the units cost more than every draw of others."""
        return bool(self.cost() > max(float(_mean(other, None) - _mean(self.whole, None)) for other in self.others))


def ablate(model: CausalLayer, tokens: Tensor, units: Sequence[int], draws: int = 5, seed: int = 0) -> Ablation:
    """What it costs a model of tokens (B, T + 1) to go without some ``units`` of its state, by their number.

    After each step they are set to their mean over all steps and rows, which is what is left when a unit says nothing.
    """
    x, targets = tokens[:, :-1], tokens[:, 1:]
    nats, vectors = _walked(model, x, targets, None)
    mean = torch.stack(vectors).mean((0, 1))
    generator = torch.Generator().manual_seed(seed)
    others = []
    for _ in range(draws):
        drawn = torch.randperm(len(mean), generator=generator)
        apart = drawn[~torch.isin(drawn, torch.tensor(list(units)))][: len(units)]
        others.append(_walked(model, x, targets, _held(mean, apart))[0])
    return Ablation(nats, _walked(model, x, targets, _held(mean, torch.tensor(list(units))))[0], np.stack(others))


def patched_scores(model: CausalLayer, one: Tensor, other: Tensor, units: Sequence[int], last: Tensor) -> Tensor:
    """Scores (3, V) of the token after ``last`` (a token): after context ``one`` (T,), after ``other`` (U,), and after
    ``one`` with the ``units`` of its state as they are after ``other``.
    """
    after = [[vectors for _, vectors in walk(model, context[None])][-1] for context in (one, other)]
    mixed = after[0].clone()
    mixed[:, list(units)] = after[1][:, list(units)]
    rows = torch.cat([*after, mixed])
    template = model.initial_state(1)
    with torch.no_grad():
        scores: Tensor = model.step(last.expand(3), states_from_vectors(template, rows))[0]
    return scores


def _walked(
    model: CausalLayer, x: Tensor, targets: Tensor, change: Change | None
) -> tuple[NDArray[np.float64], list[Tensor]]:
    nats, seen = [], []
    for step, (scores, vectors) in enumerate(walk(model, x, change)):
        nats.append(functional.cross_entropy(scores.double(), targets[:, step], reduction="none"))
        seen.append(vectors)
    return torch.stack(nats, 1).numpy(), seen


def _held(mean: Tensor, units: Tensor) -> Change:
    def change(vectors: Tensor) -> Tensor:
        vectors = vectors.clone()
        vectors[:, units] = mean[units]
        return vectors

    return change


def _mean(nats: NDArray[np.float64], where: NDArray[np.bool_] | None) -> np.floating:
    return np.mean(nats if where is None else nats[where])
