"""Calibration by temperature: scores divided by one number, chosen on the validation part."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.tasks.measures.classes import Places

__all__ = ["temperature_of_classes", "temperature_of_labels", "tempered"]

Floats = NDArray[np.float64]
_LOWEST, _HIGHEST = 0.05, 20.0


def temperature_of_classes(scores: ArrayLike, places: Places) -> float:
    """The T for which softmax(scores / T) says most of the classes: the least mean of −ln p(class).

    ``scores`` (N, C) are those of a model for rows that it did not learn from, ``places`` (N,) their classes by number.
    T lies between 0.05 and 20; the likeliest class stays what it is (Guo et al., 2017, "On calibration of modern neural
    networks").

    >>> round(temperature_of_classes([[4.0, 0.0]] * 4, np.array([0, 0, 0, 1])), 2)
    3.64
    """
    z = np.asarray(scores, dtype=np.float64)
    rows = np.arange(len(z))

    def loss(temperature: float) -> float:
        scaled = z / temperature
        return float((_log_sum(scaled) - scaled[rows, places]).mean())

    return _least(loss)


def temperature_of_labels(scores: ArrayLike, there: NDArray[np.bool_]) -> float:
    """The T for which sigmoid(scores / T) says most of which labels are ``there`` (N, L).

    >>> round(temperature_of_labels([[4.0]] * 4, np.array([[True], [True], [True], [False]])), 2)
    3.64
    """
    z = np.where(there, -1.0, 1.0) * np.asarray(scores, dtype=np.float64)
    return _least(lambda temperature: float(np.logaddexp(0, z / temperature).mean()))


def tempered(probabilities: ArrayLike, temperature: float) -> Floats:
    """Probabilities (N, C) of classes as they are at another temperature: p^(1/T) / Σ p^(1/T).

    >>> tempered([[0.8, 0.2]], 0.5).round(3)
    array([[0.941, 0.059]])
    """
    p = np.asarray(probabilities, dtype=np.float64)
    logits = np.log(np.maximum(p, np.finfo(np.float64).tiny)) / temperature
    found: Floats = np.exp(logits - _log_sum(logits)[:, None])
    return found


def _least(loss: Callable[[float], float]) -> float:
    """The temperature of the least loss, which is convex in 1/T."""
    from scipy.optimize import minimize_scalar

    bounds = (math.log(_LOWEST), math.log(_HIGHEST))
    found = minimize_scalar(lambda x: loss(math.exp(x)), bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return math.exp(float(found.x))


def _log_sum(z: Floats) -> Floats:
    highest = z.max(1)
    found: Floats = highest + np.log(np.exp(z - highest[:, None]).sum(1))
    return found
