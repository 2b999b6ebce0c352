"""Readouts against scikit-learn, LAPACK and each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn import linear_model
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.models.readout import Readout
from seqloom.models.recursive_least_squares import RecursiveLeastSquares
from seqloom.models.ridge import Ridge


def rows(count: int = 60, features: int = 7, targets: int = 2) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(count, features, generator=generator, dtype=torch.float64) + 2
    weight = torch.randn(features, targets, generator=generator, dtype=torch.float64)
    return x, x @ weight + 1 + torch.randn(count, targets, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("penalty", [1e-6, 3.0])
@pytest.mark.parametrize("count", [60, 5, 1])
def test_ridge_is_that_of_scikit_learn(bias: bool, penalty: float, count: int) -> None:
    x, y = rows(count)
    oracle = linear_model.Ridge(alpha=penalty, fit_intercept=bias, solver="svd").fit(x.numpy(), y.numpy())
    model = Ridge(penalty, bias).fit(x, y)
    assert np.allclose(model.weight_, oracle.coef_, atol=1e-9)
    assert np.allclose(model.bias_, oracle.intercept_, atol=1e-9)
    assert np.allclose(model.predict(x), oracle.predict(x.numpy()), atol=1e-9)


@pytest.mark.parametrize("count", [60, 5])
def test_no_penalty_is_least_squares(count: int) -> None:
    x, y = rows(count)
    oracle, *_ = np.linalg.lstsq(x.numpy(), y.numpy(), rcond=None)
    assert np.allclose(Ridge(0.0, bias=False).fit(x, y).weight_, oracle.T)


def test_columns_that_repeat_share_the_weight() -> None:
    x, y = rows()
    twice = torch.cat([x, x], dim=1)
    oracle, *_ = np.linalg.lstsq(twice.numpy(), y.numpy(), rcond=None)
    assert np.allclose(Ridge(0.0, bias=False).fit(twice, y).weight_, oracle.T)


def test_pieces_are_the_whole() -> None:
    x, y = rows(200)
    whole, pieces = Ridge(0.1).fit(x, y), Ridge(0.1)
    for part in torch.arange(200).split(7):
        pieces.partial_fit(x[part], y[part])
        if part[0] == 49:
            assert torch.allclose(pieces.weight_, Ridge(0.1).fit(x[:56], y[:56]).weight_)
    assert torch.allclose(pieces.weight_, whole.weight_, rtol=1e-12)
    assert torch.allclose(pieces.bias_, whole.bias_, rtol=1e-12)


def test_columns_nearly_alike_keep_their_digits() -> None:
    """Condition number 1e10: sums of squares would have none left."""
    x, _ = rows(200, 3)
    x = torch.cat([x, x[:, :1] + 1e-10 * torch.linspace(-1, 1, 200, dtype=torch.float64)[:, None]], dim=1)
    y = x[:, 3:] * 2 - x[:, :1]
    model = Ridge(0.0)
    for part in torch.arange(200).split(20):
        model.partial_fit(x[part], y[part])
    assert float((model.predict(x) - y).abs().max()) < 1e-12
    assert model.weight_[0].tolist() == pytest.approx([-1, 0, 0, 2], abs=1e-3)


def test_online_is_ridge_over_the_same_rows() -> None:
    x, y = rows()
    online = RecursiveLeastSquares(penalty=0.5)
    for part in torch.arange(60).split(11):
        online.partial_fit(x[part], y[part])
    closed = Ridge(0.5, bias=False).fit(torch.cat([x, torch.ones(60, 1)], dim=1), y)
    assert torch.allclose(torch.cat([online.weight_, online.bias_[:, None]], dim=1), closed.weight_, rtol=1e-10)


def test_forgetting_weighs_the_rows() -> None:
    x, y = rows()
    root = 0.95 ** (torch.arange(59, -1, -1, dtype=torch.float64) / 2)[:, None]
    online = RecursiveLeastSquares(forgetting=0.95, penalty=1e-6).fit(x, y)
    closed = Ridge(1e-6 * 0.95**60, bias=False).fit(root * torch.cat([x, torch.ones(60, 1)], dim=1), root * y)
    assert torch.allclose(online.predict(x), closed.predict(torch.cat([x, torch.ones(60, 1)], dim=1)), rtol=1e-8)


def test_forgetting_follows_a_change_and_stays_finite_without_news() -> None:
    x, y = rows(300)
    online = RecursiveLeastSquares(forgetting=0.7).fit(torch.cat([x, x]), torch.cat([y, -y]))
    assert float((online.predict(x) + y).std()) < float(y.std())
    online.partial_fit(torch.zeros(5000, 7), torch.zeros(5000, 2))
    assert bool(torch.isfinite(online.weight_).all())
    online.partial_fit(x, y)
    assert float((online.predict(x) - y).std()) < float(y.std())


@pytest.mark.parametrize("model", [Ridge(), RecursiveLeastSquares()], ids=lambda model: type(model).__name__)
def test_rows_that_cannot_be(model: Readout) -> None:
    x, y = rows()
    with pytest.raises(UsageError, match="learned nothing"):
        model.predict(x)
    with pytest.raises(UsageError, match="as many rows of y as of x, 60; got 59"):
        model.fit(x, y[1:])
    with pytest.raises(UsageError, match="NaN or infinity"):
        model.fit(x / 0, y)
    with pytest.raises(UsageError, match=r"shape \(rows, features\)"):
        model.fit(x[0], y)
    model.fit(x, y)
    with pytest.raises(UsageError, match=r"features and targets; got \(6, 2\)"):
        model.partial_fit(x[:, 1:], y)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Ridge(-1.0),
        lambda: Ridge(float("nan")),
        lambda: RecursiveLeastSquares(forgetting=0.0),
        lambda: RecursiveLeastSquares(penalty=0.0),
    ],
)
def test_settings_that_cannot_be(make) -> None:
    with pytest.raises(UsageError):
        make()
