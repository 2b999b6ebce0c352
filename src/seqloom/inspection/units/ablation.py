"""Whether what is tracked is used: the loss with it taken out of the state, and scores with it from another context."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from seqloom.inspection.state_vectors import states_from_vectors
from seqloom.inspection.units.direction import Direction
from seqloom.inspection.units.walk import walk
from seqloom.layers.protocol import CausalLayer

__all__ = ["Ablation", "ablate", "patched_scores"]


@dataclass(frozen=True)
class Ablation:
    """−ln p of each token of rows (B, T): with the state as it is, and with something taken out of it.

    ``others`` (R, B, T) is the same with as much taken out of other units, drawn at random R times: a control.
    ``shift`` (V,) is by how much each token becomes likelier next, the mean over the steps that were asked for.
    """

    whole: NDArray[np.float64]
    without: NDArray[np.float64]
    others: NDArray[np.float64]
    shift: NDArray[np.float64]

    def cost(self, where: NDArray[np.bool_] | None = None) -> float:
        """The nats that a token costs more without, over all tokens or ``where`` (B, T) is true."""
        return float(_mean(self.without, where) - _mean(self.whole, where))

    def usual_cost(self, where: NDArray[np.bool_] | None = None) -> float:
        """The same for other units, the mean of the draws."""
        return float(np.mean(self._usual_costs(where)))

    def used(self, where: NDArray[np.bool_] | None = None) -> bool:
        """Whether a token costs more without than in every draw of others."""
        return self.cost(where) > max(self._usual_costs(where))

    def _usual_costs(self, where: NDArray[np.bool_] | None) -> list[float]:
        return [float(_mean(other, where) - _mean(self.whole, where)) for other in self.others]


def ablate(
    model: CausalLayer,
    tokens: Tensor,
    of: Direction | Sequence[int],
    where: NDArray[np.bool_] | None = None,
    draws: int = 5,
    seed: int = 0,
) -> Ablation:
    """What it costs a model of tokens (B, T + 1) to go without a direction of its state, or some units by their number.

    After each step units are set to their mean over all steps and rows, which is what is left when a unit says nothing;
    a direction d of standardised units z is projected out, z − d (d·z) / (d·d). What the model says at the step itself
    is said before. ``where`` (B, T) are the steps after which changes of the next token are looked at (default: all).
    """
    x, targets = tokens[:, :-1], tokens[:, 1:]
    seen = torch.stack([vectors for _, vectors in walk(model, x)])
    mean, deviation = seen.mean((0, 1)), seen.std((0, 1), correction=0)
    units = torch.tensor(of.units if isinstance(of, Direction) else list(of))
    rows = torch.tensor([of.weights]) if isinstance(of, Direction) else torch.eye(len(units))
    rows = (rows / rows.norm(dim=1, keepdim=True)).to(mean)

    def without(units: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        own, scale = rows[:, : len(units)], deviation[units]

        def change(vectors: Tensor) -> Tensor:
            standing = (vectors[:, units] - mean[units]) / scale.where(scale > 0, torch.inf)
            vectors = vectors.clone()
            vectors[:, units] = mean[units] + scale * (standing - standing @ own.T @ own)
            return vectors

        return _said(walk(model, x, change), targets, where)

    generator = torch.Generator().manual_seed(seed)
    others = []
    for _ in range(draws):
        drawn = torch.randperm(len(mean), generator=generator)
        others.append(without(drawn[~torch.isin(drawn, units)][: len(units)])[0])
    nats, likely = _said(walk(model, x), targets, where)
    changed, likely_then = without(units)
    return Ablation(nats, changed, np.stack(others), likely_then - likely)


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


def _said(
    steps: Iterator[tuple[Tensor, Tensor]], targets: Tensor, where: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """−ln p of ``targets`` (B, T), and how likely each token is, the mean (V,) over the steps ``where`` (B, T)."""
    asked = np.ones(targets.shape, bool) if where is None else where
    nats, likely = [], np.zeros(())
    for step, (scores, _) in enumerate(steps):
        scores = scores.double()
        nats.append(functional.cross_entropy(scores, targets[:, step], reduction="none"))
        likely = likely + scores[torch.from_numpy(asked[:, step])].softmax(1).sum(0).numpy()
    return torch.stack(nats, 1).numpy(), np.asarray(likely) / max(int(asked.sum()), 1)


def _mean(nats: NDArray[np.float64], where: NDArray[np.bool_] | None) -> np.floating:
    return np.mean(nats if where is None else nats[where])
