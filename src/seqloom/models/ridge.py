"""Ridge regression in closed form, over rows that stream by."""

from __future__ import annotations

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.models.readout import Readout

__all__ = ["Ridge"]


class Ridge(Readout):
    """min over W, b of Σ_r |y_r - W x_r - b|² + penalty |W|²: x (…, F) → y (…, K).

    The rows [1 x y] are kept as the triangle R of their QR decomposition, (1 + F + K)² numbers however many rows there
    were: QR of [R; new rows] is the R of all (Demmel et al., 2012). Sums of xᵀx would stream too, but square
    the condition number: states of a reservoir are so alike that they ask for penalties of 1e-12 beside squares of
    1e+3, which float64 cannot hold. Below the row of the 1s, R is that of the centred rows, so b goes without penalty;
    the singular values s of its part for x give W, with s / (s² + penalty) in place of 1 / s.

    ``penalty`` (default 1e-8) is what scikit-learn calls alpha; with 0 it is least squares, of the least norm where
    many fit. With ``bias=False`` b is 0.

    >>> x = torch.tensor([[0.0], [1.0], [2.0]])
    >>> model = Ridge().fit(x, 3 * x + 1)
    >>> model.weight_.round(decimals=4), model.bias_.round(decimals=4)
    (tensor([[3.]], dtype=torch.float64), tensor([1.], dtype=torch.float64))
    """

    def __init__(self, penalty: float = 1e-8, bias: bool = True) -> None:
        if not penalty >= 0:
            raise UsageError(f"Ridge expected a penalty of at least 0; got {penalty!r}.")
        self.penalty = penalty
        self.bias = bias
        self.reset()

    def reset(self) -> None:
        """Forget every row."""
        self._triangle: Tensor | None = None  # (1 + F + K, 1 + F + K), upper
        self._waiting: list[Tensor] = []  # rows [1 x y], until there are enough to be worth a decomposition
        self._features = self._targets = self._rows = 0
        self._solution: tuple[Tensor, Tensor] | None = None

    @property
    def weight_(self) -> Tensor:
        """W (K, F)."""
        return self._solved()[0]

    @property
    def bias_(self) -> Tensor:
        """b (K,)."""
        return self._solved()[1]

    def _learn(self, x: Tensor, y: Tensor) -> None:
        sizes = (x.shape[1], y.shape[1])
        if not self._rows:
            self._features, self._targets = sizes
        if sizes != (self._features, self._targets):
            known = (self._features, self._targets)
            raise UsageError(f"This Ridge has learned from rows of {known} features and targets; got {sizes}.")
        self._solution = None
        self._rows += len(x)
        self._waiting.append(torch.cat([torch.full_like(y[:, :1], float(self.bias)), x, y], dim=1))
        if sum(map(len, self._waiting)) >= 1 + sum(sizes):
            self._fold()

    def _fold(self) -> None:
        """Let the waiting rows into the triangle."""
        above = [] if self._triangle is None else [self._triangle]
        self._triangle = torch.linalg.qr(torch.cat([*above, *self._waiting]), mode="r").R
        self._waiting = []

    def _solved(self) -> tuple[Tensor, Tensor]:
        if not self._rows:
            raise UsageError("This Ridge has learned nothing yet. Call fit first.")
        if self._waiting:
            self._fold()
        if self._solution is None:
            self._solution = self._solve()
        return self._solution

    def _solve(self) -> tuple[Tensor, Tensor]:
        assert self._triangle is not None
        inside = slice(1, 1 + self._features)
        first, rest = self._triangle[0], self._triangle[1:] if self.bias else self._triangle
        u, s, v = torch.linalg.svd(rest[:, inside], full_matrices=False)
        smallest = torch.finfo(s.dtype).eps * max(self._rows, self._features) * s[:1]
        filtered = torch.where(s > smallest, s / (s * s + self.penalty), 0.0)
        weight = (v.mT @ (filtered[:, None] * (u.mT @ rest[:, 1 + self._features :]))).mT
        if not self.bias:
            return weight, weight.new_zeros(self._targets)
        return weight, (first[1 + self._features :] - weight @ first[inside]) / first[0]
