"""Least squares online: each row changes the weights at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.models.readout import Readout

__all__ = ["RecursiveLeastSquares"]


class RecursiveLeastSquares(Readout):
    """After row r, the W, b that minimise Σ_i λ^{r-i} |y_i - W x_i - b|² + λ^r penalty |W, b|².

    λ is ``forgetting`` (default 1: nothing is forgotten; 0.999 looks back over about 1,000 rows), ``penalty`` (default
    1e-6) says how much the zeros at the start weigh. Each row costs (F + 1)² operations.

    With z = [x 1] and P the inverse of Σ λ^{r-i} z_i z_iᵀ + λ^r penalty I, kept as its root S, P = S Sᵀ, so that
    rounding cannot make it lose symmetry or a positive value (Potter's form; Bierman, 1977):

        a = Sᵀ z,  α = λ + aᵀ a,  error = y - W z,
        W ← W + error (S a)ᵀ / α,  S ← (S - S a aᵀ / (α + sqrt(λ α))) / sqrt(λ).

    With λ below 1, P would grow without end in directions that no row excites; S is shrunk whenever the trace of P
    exceeds that at the start (the constant-trace rule; Åström & Wittenmark, 1995).

    >>> model = RecursiveLeastSquares().fit([[0.0], [1.0], [2.0]], [[1.0], [4.0], [7.0]])
    >>> model.predict([[3.0]]).round(decimals=3)
    tensor([[10.]], dtype=torch.float64)
    """

    def __init__(self, forgetting: float = 1.0, penalty: float = 1e-6) -> None:
        if not 0 < forgetting <= 1:
            raise UsageError(f"RecursiveLeastSquares expected forgetting above 0 and at most 1; got {forgetting!r}.")
        if not penalty > 0:
            raise UsageError(f"RecursiveLeastSquares expected a penalty above 0; got {penalty!r}.")
        self.forgetting = forgetting
        self.penalty = penalty
        self.reset()

    def reset(self) -> None:
        """Forget every row."""
        self._weight: Tensor | None = None  # (K, F + 1)
        self._root = torch.empty(0)  # S (F + 1, F + 1)

    @property
    def weight_(self) -> Tensor:
        """W (K, F)."""
        return self._known()[:, :-1]

    @property
    def bias_(self) -> Tensor:
        """b (K,)."""
        return self._known()[:, -1]

    def _known(self) -> Tensor:
        if self._weight is None:
            raise UsageError("This RecursiveLeastSquares has learned nothing yet. Call fit first.")
        return self._weight

    def _learn(self, x: Tensor, y: Tensor) -> None:
        z = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
        if self._weight is None:
            self._weight = z.new_zeros(y.shape[1], z.shape[1])
            self._root = torch.eye(z.shape[1], dtype=z.dtype) / math.sqrt(self.penalty)
        if (y.shape[1], z.shape[1]) != self._weight.shape:
            known = (self._weight.shape[1] - 1, self._weight.shape[0])
            got = (x.shape[1], y.shape[1])
            raise UsageError(f"This RecursiveLeastSquares has learned from {known} features and targets; got {got}.")
        for z_t, y_t in zip(z, y, strict=True):
            self._update(self._weight, z_t, y_t)

    def _update(self, weight: Tensor, z: Tensor, y: Tensor) -> None:
        a = self._root.mT @ z
        alpha = self.forgetting + float(a @ a)
        direction = self._root @ a
        weight.addr_(y - weight @ z, direction, alpha=1 / alpha)
        scale = 1 / math.sqrt(self.forgetting)
        shrink = -scale / (alpha + math.sqrt(self.forgetting * alpha))
        self._root.addr_(direction, a, beta=scale, alpha=shrink)
        if self.forgetting < 1:
            largest = math.sqrt(len(z) / self.penalty)
            self._root.mul_(min(1.0, largest / float(self._root.norm())))
