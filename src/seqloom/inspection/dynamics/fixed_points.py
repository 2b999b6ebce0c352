"""Where the state of a recurrent layer rests under a constant input (Sussillo & Barak, 2013)."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqloom.inspection.dynamics.jacobian import Complex, step_of, time_constants, transition_jacobians
from seqloom.inspection.state_vectors import check_of_one_size, state_vectors, states_from_vectors
from seqloom.layers.protocol import CausalLayer
from seqloom.layers.state import map_state

__all__ = ["FixedPoint", "fixed_points"]

_ROUNDS = 200
_LEAST, _MOST = 1e-12, 1e12


@dataclass(frozen=True)
class FixedPoint:
    """A state (S,) that one step leaves where it is.

    ``speed`` is ‖F(s) − s‖, what is left of a move; ``eigenvalues`` (S,) are of the step's Jacobian there, the largest
    first; ``found`` counts the starts that ended here.
    """

    state: Tensor
    speed: float
    eigenvalues: Complex
    found: int

    @property
    def stable(self) -> bool:
        """Whether every small change shrinks."""
        return bool(np.abs(self.eigenvalues[0]) < 1)

    @property
    def unstable_directions(self) -> int:
        """In how many directions a small change grows; 1 is a saddle between two basins."""
        return int(np.sum(np.abs(self.eigenvalues) >= 1))

    @property
    def slowest(self) -> float:
        """The longest time constant, in steps; inf where a change does not shrink."""
        return float(time_constants(self.eigenvalues[:1])[0])

    def __repr__(self) -> str:
        kind = "stable" if self.stable else f"unstable in {self.unstable_directions}"
        return f"FixedPoint({kind}, |λ| ≤ {abs(self.eigenvalues[0]):.3f}, found {self.found} times)"


def fixed_points(
    layer: CausalLayer,
    starts: Any,
    x: Tensor | None = None,
    *,
    tolerance: float = 1e-8,
    apart: float = 1e-2,
    reach: float = 2.0,
) -> list[FixedPoint]:
    """The fixed points s = F(s, x) that are found from some states, those that most starts ended at first.

    ``starts`` is a state of N rows, such as the layer went through on real data; ``x`` (D,) is held (default 0). From
    each start ½‖F(s) − s‖² falls by damped Newton steps (Levenberg, 1944; Marquardt, 1963) in float64, so that unstable
    points are found as well. Only those with ‖F(s) − s‖ ≤ ``tolerance`` are given, and only where states are: no
    farther from the mean of the starts than ``reach`` times the farthest start, for beyond gates close and all is slow.
    Two within ``apart`` of each other, relative to the size of the states, are one. Raises UsageError for a layer
    without a state of one size.

    >>> from seqloom.cells import Elman
    >>> from seqloom.layers import Recurrent
    >>> layer = Recurrent(Elman, 1, 2)
    >>> _ = [weight.data.copy_(2 * torch.eye(2)) for weight in layer.parameters() if weight.shape == (2, 2)]
    >>> starts = layer.state_type(torch.tensor([[0.9, 0.9], [-0.9, -0.9], [0.9, -0.9], [0.01, 0.01]]))
    >>> sorted((point.state.round(decimals=2).tolist(), point.stable) for point in fixed_points(layer, starts))[-1]
    ([0.96, 0.96], True)
    """
    check_of_one_size(layer, starts)
    layer = copy.deepcopy(layer).double().eval()
    starts = map_state(lambda leaf: leaf.detach().double() if leaf.is_floating_point() else leaf, starts)
    held = torch.zeros(layer.in_features).double() if x is None else x.detach().double()
    template = map_state(lambda leaf: leaf[:1], starts)
    begins = state_vectors(starts)
    ends = _descend(layer, held, template, begins)
    with torch.no_grad():
        speeds = (step_of(layer, held, template)(ends) - ends).norm(dim=1)
    centre = begins.mean(0)
    far = reach * float((begins - centre).norm(dim=1).max()) + apart
    near = (ends - centre).norm(dim=1) <= far
    kept = [row for row in speeds.argsort().tolist() if speeds[row] <= tolerance and near[row]]
    groups = _grouped(ends, kept, apart)
    points = []
    for group in sorted(groups, key=len, reverse=True):
        best = group[0]
        state = states_from_vectors(template, ends[best : best + 1])
        values = np.linalg.eigvals(transition_jacobians(layer, held[None], state)[0].numpy())
        order = np.argsort(-np.abs(values), kind="stable")
        points.append(FixedPoint(ends[best], float(speeds[best]), values[order], len(group)))
    return points


def _descend(layer: CausalLayer, x: Tensor, template: Any, vectors: Tensor) -> Tensor:
    """Damped Newton steps for all rows at once; a step that makes a row faster is taken back, and damped more."""
    step, rows = step_of(layer, x, template), len(vectors)
    damping = torch.full((rows,), 1e-3, dtype=vectors.dtype)
    with torch.no_grad():
        moves = step(vectors) - vectors
    unit = torch.eye(vectors.shape[1], dtype=vectors.dtype)
    for _ in range(_ROUNDS):
        if bool((moves.norm(dim=1) < _LEAST).all()):
            break
        held = x.expand(rows, -1)
        slopes = transition_jacobians(layer, held, states_from_vectors(template, vectors)) - unit
        normal = slopes.mT @ slopes + damping[:, None, None] * unit
        change = -torch.linalg.solve(normal, slopes.mT @ moves[:, :, None])[:, :, 0]
        with torch.no_grad():
            tried = vectors + change
            tried_moves = step(tried) - tried
        better = tried_moves.norm(dim=1) < moves.norm(dim=1)
        vectors = torch.where(better[:, None], tried, vectors)
        moves = torch.where(better[:, None], tried_moves, moves)
        damping = torch.where(better, damping / 3, damping * 4).clamp(_LEAST, _MOST)
        if bool((damping >= _MOST).all()):
            break
    return vectors


def _grouped(vectors: Tensor, rows: list[int], apart: float) -> list[list[int]]:
    """Rows that lie together, each with the first of its group; the order of ``rows`` stays."""
    groups: list[list[int]] = []
    for row in rows:
        scale = 1 + float(vectors[row].norm())
        near = (group for group in groups if float((vectors[group[0]] - vectors[row]).norm()) <= apart * scale)
        found = next(near, None)
        if found is None:
            groups.append([row])
        else:
            found.append(row)
    return groups
