"""How much a step of the past could change the present: norms of Jacobians, for every architecture.

‖∂y_t/∂x_{t−k}‖ says what an input of k steps ago could still do, ‖∂s_t/∂s_{t−k}‖ what a change of the state would. Both
are Frobenius norms from vector-Jacobian products. A row of the batch is repeated, one repetition a direction v, so that
one backward pass gives vᵀJ for all of them: with the unit vectors the norm is exact, with R random directions its
square is the mean of ‖vᵀJ‖² (Hutchinson, 1990) with an error of a share √(2/R) at most. They vanish or explode with k
where gradients do (Bengio et al., 1994; Pascanu et al., 2013).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.inspection.memory.curve import LagCurve
from seqloom.inspection.state_vectors import check_of_one_size, state_vectors
from seqloom.layers.padding import last_real_step
from seqloom.layers.protocol import CausalLayer, SequenceLayer
from seqloom.layers.state import leaves, map_state, select

__all__ = ["Function", "input_influence", "spread_lags", "state_influence"]

Function = Callable[[Tensor, Tensor | None], Tensor]
"""x (B, T, D) and lengths (B,) → what is asked of each row, (B, K)."""

_DIRECTIONS = 32
_NUMBERS = 1 << 24


def input_influence(
    layer: SequenceLayer | Function,
    x: Tensor,
    lengths: Tensor | None = None,
    *,
    directions: int | None = _DIRECTIONS,
    seed: int = 0,
) -> LagCurve:
    """‖∂y_t/∂x_{t−k}‖ for each lag k, the root of the mean square over the rows that are so long.

    x (B, T, D). Of a layer that only looks back, t is each row's last real step. Of one that sees what comes, t is the
    middle, and k runs from what comes (below 0) to what was. Any function of x and lengths that answers (B, K) is
    asked in place of y_t, its lags counted from the last step. ``directions`` is R; None, or no fewer than K, is exact,
    with K times the memory. The layer is asked in evaluation, as it is at that moment: call ``eval`` before. Raises
    UsageError for a layer that changes T.

    >>> import torch
    >>> from seqloom.cells import Elman
    >>> from seqloom.layers import Recurrent
    >>> curve = input_influence(Recurrent(Elman, 2, 4), torch.randn(3, 6, 2), directions=None)
    >>> curve.lags.tolist(), bool(curve.errors.any())
    ([0, 1, 2, 3, 4, 5], False)
    """
    at = _present(layer, x, lengths)
    function = _answer_at(layer, at) if isinstance(layer, SequenceLayer) else layer
    squares: dict[int, list[tuple[float, float]]] = {}
    for row in range(len(x)):
        own = None if lengths is None else lengths[row : row + 1]
        real = x.shape[1] if own is None else int(own)
        if not real:
            continue
        inputs = x[row : row + 1, :real]
        norms = _squares(lambda rows: function(rows, None), inputs, directions, seed + row)
        for step, (square, error) in enumerate(norms):
            squares.setdefault(int(at[row]) - step, []).append((square, error))
    if not squares:
        raise UsageError("input_influence expected rows of at least one step; got none.")
    lags = sorted(squares)
    return _curve(lags, [squares[lag] for lag in lags])


def state_influence(
    layer: CausalLayer,
    x: Tensor,
    *,
    lags: Sequence[int] | None = None,
    directions: int | None = _DIRECTIONS,
    seed: int = 0,
) -> LagCurve:
    """‖∂s_t/∂s_{t−k}‖ for some lags k, where s is the whole state, and t the last step of x (B, T, D).

    The sequence is cut at the lags (default: all up to 16, then in steps that grow by a quarter), and one backward pass
    through the pieces gives all norms, on whatever kernel runs. ``directions`` is as for :func:`input_influence`.
    Raises UsageError for a layer that keeps its whole past, or nothing, and so has no state of one size, and for lags
    outside 0…T.
    """
    time = x.shape[1]
    cuts = spread_lags(time) if lags is None else sorted({0, *lags})
    if not cuts or cuts[0] < 0 or cuts[-1] > time:
        raise UsageError(f"state_influence expected lags from 0 to T = {time}; got {list(lags or [])}.")
    with torch.no_grad():
        begin = layer.initial_state(len(x))
        check_of_one_size(layer, begin)
        if cuts[-1] < time:
            _, begin = layer(x[:, : time - cuts[-1]], begin)
    size = state_vectors(begin).shape[1]
    vectors, exact = _directions(size, directions, seed, x)
    squares: list[list[tuple[float, float]]] = [[] for _ in cuts]
    nothing = torch.zeros(len(vectors), dtype=torch.float64, device=x.device)
    for row in range(len(x)):
        repeated = torch.full((len(vectors),), row)
        inputs, state = x[repeated], select(begin, repeated)
        states = []
        for deep, near in zip(cuts[:0:-1], cuts[-2::-1], strict=True):
            state = map_state(_followed, state)
            states.append(_floating(state))
            _, state = layer(inputs[:, time - deep : time - near], state)
        asked = [leaf for leaves_of_one in states for leaf in leaves_of_one]
        found = torch.autograd.grad((state_vectors(state) * vectors).sum(), asked, allow_unused=True)
        given = iter(found)
        squares[0].append((float(size), 0.0))
        for place, parts in zip(range(len(cuts) - 1, 0, -1), states, strict=True):
            gradients = [next(given) for _ in parts]
            each = sum((g.double().flatten(1).square().sum(1) for g in gradients if g is not None), nothing)
            squares[place].append(_mean(each, exact))
    return _curve(cuts, squares)


def spread_lags(time: int) -> list[int]:
    """Lags from 0 to ``time``: all up to 16, then in steps that grow by a quarter.

    >>> spread_lags(30)
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 25, 30]
    """
    lags = list(range(min(time, 16) + 1))
    while lags[-1] < time:
        lags.append(min(time, lags[-1] * 5 // 4))
    return lags


def _present(layer: SequenceLayer | Function, x: Tensor, lengths: Tensor | None) -> Tensor:
    """The step t of each row."""
    real = torch.full((len(x),), x.shape[1]) if lengths is None else lengths.cpu()
    if isinstance(layer, SequenceLayer):
        if not layer.keeps_time:
            raise UsageError(
                f"{type(layer).__name__} has fewer steps than it reads, so lags have no one scale. Ask for what comes "
                "after it, as a function of x and lengths."
            )
        if not isinstance(layer, CausalLayer):
            return torch.div(real - 1, 2, rounding_mode="floor").clamp_min(0)
    return (real - 1).clamp_min(0)


def _answer_at(layer: SequenceLayer, at: Tensor) -> Function:
    causal = isinstance(layer, CausalLayer)

    def answer(x: Tensor, lengths: Tensor | None) -> Tensor:
        y: Tensor = layer(x, None, lengths)[0]
        return last_real_step(y, lengths) if causal else y[:, (x.shape[1] - 1) // 2]

    return answer


def _squares(
    function: Callable[[Tensor], Tensor], x: Tensor, directions: int | None, seed: int
) -> list[tuple[float, float]]:
    """‖J‖² with its error for each step of x (1, T, D)."""
    with torch.no_grad():
        size = function(x).shape[1]
    vectors, exact = _directions(size, directions, seed, x)
    at_once = max(1, _NUMBERS // max(1, x[0].numel()))
    found = []
    for part in vectors.split(at_once):
        rows = x.detach().expand(len(part), -1, -1).clone().requires_grad_()
        (gradient,) = torch.autograd.grad((function(rows) * part).sum(), rows)
        found.append(gradient.double().square().sum(2))
    return [_mean(each, exact) for each in torch.cat(found).T]


def _directions(size: int, count: int | None, seed: int, like: Tensor) -> tuple[Tensor, bool]:
    """Unit vectors where they are no more than ``count``, else so many random ones, (R, K); and whether it was so."""
    if count is None or count >= size:
        return torch.eye(size, dtype=like.dtype, device=like.device), True
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed)).to(like), False


def _mean(each: Tensor, exact: bool) -> tuple[float, float]:
    """‖J‖² and its standard error, from ‖vᵀJ‖² of each direction."""
    if exact:
        return float(each.sum()), 0.0
    return float(each.mean()), float(each.std() / len(each) ** 0.5)


def _followed(leaf: Tensor) -> Tensor:
    if not leaf.is_floating_point():
        return leaf
    return leaf if leaf.requires_grad else leaf.clone().requires_grad_()


def _floating(state: Any) -> list[Tensor]:
    return [leaf for _, leaf in leaves(state) if leaf.is_floating_point()]


def _curve(lags: Sequence[int], squares: Sequence[Sequence[tuple[float, float]]]) -> LagCurve:
    """Roots of the means over rows; the error of a root is that of its square by its slope."""
    means = np.array([np.mean([square for square, _ in rows]) for rows in squares])
    errors = np.array([np.sqrt(np.sum([error**2 for _, error in rows])) / len(rows) for rows in squares])
    roots = np.sqrt(means)
    slopes = np.divide(errors, 2 * roots, out=np.zeros_like(roots), where=roots > 0)
    return LagCurve(np.array(lags), roots, slopes)
