"""A logistic probe with few weights: the whole path of an L1 penalty, by active sets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["sparse_weights"]

_FALL, _LEAST = 0.9, 2e-3
_MOST_STEPS, _STILL = 200, 1e-4
_SLACK = 1e-3


def sparse_weights(x: NDArray[np.floating], labels: NDArray[np.bool_], most: int) -> NDArray[np.float64]:
    """w (S,) that minimises mean(ln(1 + e^z) − y z) + λ Σ|w_k| with z = b + w·x, of x (N, S) and labels y (N,).

    λ falls from where all weights are 0 to where the next step would use more than ``most`` of them (Tibshirani, 1996;
    steps by Beck & Teboulle, 2009). A unit joins the few that are fitted where its gradient exceeds λ, which is exact;
    where more than ``most`` join at the first step, the one with the largest gradient is taken.

    >>> noise = np.random.default_rng(0).normal(size=(500, 40))
    >>> np.flatnonzero(sparse_weights(noise, noise[:, 3] > noise[:, 17], 2)).tolist()
    [3, 17]
    """
    y = labels.astype(np.float64)
    slope = x.T @ (y - y.mean()) / len(y)
    strength = np.abs(slope)
    least = _LEAST * strength.max()
    penalty, active = float(strength.max()) * _FALL, np.zeros(x.shape[1], bool)
    weights, bias = np.zeros(x.shape[1]), float(np.log(y.mean() / (1 - y.mean())))
    found = np.where(np.arange(len(slope)) == strength.argmax(), np.sign(slope), 0.0)
    while penalty > least:
        while (joining := ~active & (strength > penalty * (1 + _SLACK))).any():
            active |= joining
            own = x[:, active].astype(np.float64)
            weights[active], bias = _fitted(own, y, penalty, weights[active], bias)
            strength = np.abs(x.T @ (y - _sigmoid(own @ weights[active] + bias))) / len(y)
        active = weights != 0
        if active.sum() > most:
            break
        found, penalty = weights.copy(), penalty * _FALL
    return found


def _fitted(
    x: NDArray[np.float64], y: NDArray[np.float64], penalty: float, weights: NDArray[np.float64], bias: float
) -> tuple[NDArray[np.float64], float]:
    """The weights and the bias at one penalty, from those of another: proximal steps with momentum."""
    both = np.column_stack([x, np.ones(len(x))])
    rate = 4 * len(both) / np.linalg.norm(both.T @ both, 2)
    threshold = np.append(np.full(x.shape[1], rate * penalty), 0.0)
    now = ahead = np.append(weights, bias)
    momentum = 1.0
    for _ in range(_MOST_STEPS):
        moved = ahead - rate / len(both) * (both.T @ (_sigmoid(both @ ahead) - y))
        new = np.sign(moved) * np.maximum(np.abs(moved) - threshold, 0)
        if np.abs(new - now).max() < _STILL:
            now = new
            break
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + (momentum - 1) / following * (new - now)
        now, momentum = new, following
    return now[:-1], float(now[-1])


def _sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 0.5 * (1 + np.tanh(z / 2))
    return found
