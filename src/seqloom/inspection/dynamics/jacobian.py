"""∂s_t/∂s_{t−1}: what one step does to a small change of the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.inspection.state_vectors import check_of_one_size, state_vectors, states_from_vectors
from seqloom.layers.protocol import CausalLayer
from seqloom.layers.state import select

__all__ = ["Complex", "step_of", "time_constants", "transition_eigenvalues", "transition_jacobians"]

Complex = NDArray[np.complex128]


def step_of(layer: CausalLayer, x: Tensor, template: Any) -> Callable[[Tensor], Tensor]:
    """One step under the constant input x (D,), from vectors of states (B, S) to vectors (B, S)."""

    def step(vectors: Tensor) -> Tensor:
        rows = len(vectors)
        _, after = layer(x.expand(rows, 1, -1), states_from_vectors(template, vectors))
        return state_vectors(after)

    return step


def transition_jacobians(layer: CausalLayer, x_t: Tensor, state: Any) -> Tensor:
    """J = ∂s_t/∂s_{t−1} (B, S, S) at x_t (B, D) and the state before it; S counts all numbers of the state.

    A row is repeated S times, so that one backward pass gives J. UsageError for a layer without a state of one size.

    >>> from seqloom.cells import Elman
    >>> from seqloom.layers import Recurrent
    >>> layer = Recurrent(Elman, 2, 3)
    >>> J = transition_jacobians(layer, torch.zeros(1, 2), layer.initial_state(1))
    >>> torch.allclose(J[0], next(w for name, w in layer.named_parameters() if w.shape == (3, 3)))
    True
    """
    check_of_one_size(layer, state)
    before = state_vectors(state).detach()
    rows, size = before.shape
    repeated = torch.arange(rows).repeat_interleave(size)
    vectors = before[repeated].requires_grad_()
    _, after = layer(x_t[repeated][:, None], states_from_vectors(select(state, repeated), vectors))
    units = torch.eye(size, dtype=before.dtype, device=before.device).repeat(rows, 1)
    (found,) = torch.autograd.grad((state_vectors(after) * units).sum(), vectors)
    return found.view(rows, size, size)


def transition_eigenvalues(layer: CausalLayer, x_t: Tensor, state: Any) -> Complex:
    """The eigenvalues (B, S) of :func:`transition_jacobians`, the largest first.

    Of a linear or diagonal recurrence without gates they are those of its matrix, wherever it is asked; of tanh at the
    state 0 and the input 0, too.
    """
    found = torch.linalg.eigvals(transition_jacobians(layer, x_t, state).double()).numpy()
    order = np.argsort(-np.abs(found), axis=-1, kind="stable")
    return np.asarray(np.take_along_axis(found, order, -1))


def time_constants(eigenvalues: Complex) -> NDArray[np.float64]:
    """τ = −1 / ln|λ|: the steps in which a small change shrinks to 1/e; inf where it does not shrink.

    >>> time_constants(np.array([np.exp(-1 / 20), 1.1])).round(6).tolist()
    [20.0, inf]
    """
    sizes = np.abs(eigenvalues)
    shrinking = (sizes > 0) & (sizes < 1)
    logarithms = np.log(sizes, out=np.full(sizes.shape, -1.0), where=shrinking)
    return np.where(sizes >= 1, np.inf, np.where(shrinking, -1 / logarithms, 0.0))
