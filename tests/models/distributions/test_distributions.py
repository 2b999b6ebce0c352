"""Every distribution against torch's or scipy's own, and the laws that all of them keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor
from torch.nn.functional import softplus

from seqloom.errors import UsageError
from seqloom.models.distributions import (
    Bernoulli,
    Categorical,
    Distribution,
    Gaussian,
    NegativeBinomial,
    Quantiles,
    StudentT,
)


def _positive(x: Tensor) -> Any:
    return (softplus(x) + 1e-4).numpy()


class Case(NamedTuple):
    distribution: Distribution
    oracle: Callable[[Tensor], Any]
    """A frozen distribution of scipy's, of parameters (…, P)."""
    discrete: bool


CASES = {
    "gaussian": Case(Gaussian(), lambda p: stats.norm(p[..., 0].numpy(), _positive(p[..., 1])), False),
    "student t": Case(
        StudentT(),
        lambda p: stats.t(2 + softplus(p[..., 2]).numpy(), p[..., 0].numpy(), _positive(p[..., 1])),
        False,
    ),
    "negative binomial": Case(
        NegativeBinomial(),
        lambda p: stats.nbinom(1 / _positive(p[..., 1]), 1 / (1 + _positive(p[..., 1]) * _positive(p[..., 0]))),
        True,
    ),
    "bernoulli": Case(Bernoulli(), lambda p: stats.bernoulli(p[..., 0].sigmoid().numpy()), True),
}


def _parameters(distribution: Distribution, *shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return 2 * torch.randn(*shape, distribution.parameters, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("name", CASES)
def test_loss_mean_and_quantiles_are_scipys(name: str) -> None:
    distribution, oracle, discrete = CASES[name]
    parameters = _parameters(distribution, 40)
    known = oracle(parameters)
    values = known.rvs(random_state=3).astype(np.float64)
    expected = -(known.logpmf(values) if discrete else known.logpdf(values))
    torch.testing.assert_close(distribution.loss(parameters, torch.tensor(values)), torch.tensor(expected))
    torch.testing.assert_close(distribution.mean(parameters), torch.tensor(known.mean()))
    for level in (0.001, 0.1, 0.5, 0.9, 0.999):
        found = distribution.quantile(parameters, torch.tensor(level, dtype=torch.float64))
        torch.testing.assert_close(found, torch.tensor(known.ppf(level).astype(np.float64)), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_draws_have_the_frequencies_of_the_distribution(name: str) -> None:
    distribution, oracle, _ = CASES[name]
    parameters = _parameters(distribution)
    uniform = torch.rand(20_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    drawn = distribution.draw(parameters.expand(20_000, -1), uniform)
    known = oracle(parameters)
    for border in np.quantile(drawn.numpy(), [0.2, 0.5, 0.8]):
        assert float((drawn <= border).double().mean()) == pytest.approx(float(known.cdf(border)), abs=0.015)


ALL = [case.distribution for case in CASES.values()] + [Categorical(5), Quantiles([0.05, 0.25, 0.5, 0.75, 0.95])]


@pytest.mark.parametrize("distribution", ALL, ids=lambda one: type(one).__name__)
def test_quantiles_rise_and_a_draw_looks_at_nothing_but_its_row(distribution: Distribution) -> None:
    parameters = _parameters(distribution, 7)
    levels = torch.linspace(0, 1, 101, dtype=torch.float64)[:-1, None].expand(-1, 7)
    together = distribution.quantile(parameters, levels).double()
    assert torch.isfinite(together).all()
    assert (together.diff(dim=0) >= 0).all()
    alone = distribution.draw(parameters[3], torch.tensor(0.37, dtype=torch.float64))
    beside = distribution.draw(parameters, torch.full((7,), 0.37, dtype=torch.float64))[3]
    assert torch.equal(alone, beside)


@pytest.mark.parametrize("distribution", ALL, ids=lambda one: type(one).__name__)
def test_the_gradient_is_the_losss(distribution: Distribution) -> None:
    parameters = _parameters(distribution, 4).requires_grad_()
    values = distribution.draw(parameters.detach(), torch.tensor([0.2, 0.4, 0.6, 0.8], dtype=torch.float64))
    assert torch.autograd.gradcheck(lambda p: distribution.loss(p, values), (parameters,))


def test_categories_are_torchs() -> None:
    parameters = _parameters(Categorical(5), 6)
    values = torch.arange(6) % 5
    expected = -torch.distributions.Categorical(logits=parameters).log_prob(values)
    torch.testing.assert_close(Categorical(5).loss(parameters, values), expected)


def test_quantiles_never_cross_and_are_met_at_their_levels() -> None:
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    distribution = Quantiles(levels)
    parameters = _parameters(distribution, 50)
    quantiles = distribution.quantiles(parameters)
    assert (quantiles.diff(dim=-1) > 0).all()
    for place, level in enumerate(levels):
        torch.testing.assert_close(
            distribution.quantile(parameters, torch.tensor(level, dtype=torch.float64)), quantiles[:, place]
        )


def test_of_a_normal_distribution_all_quantiles_are_met() -> None:
    distribution = Quantiles([0.1, 0.5, 0.9])
    width = torch.special.ndtri(torch.tensor(0.9, dtype=torch.float64))
    step = torch.log(torch.expm1(width))
    parameters = torch.stack([step, torch.zeros_like(step), step])
    for level in (0.01, 0.3, 0.7, 0.995):
        found = distribution.quantile(parameters, torch.tensor(level, dtype=torch.float64)).item()
        assert found == pytest.approx(stats.norm.ppf(level), abs=1e-6)


def test_pinball_is_least_at_the_true_quantile() -> None:
    values = torch.tensor(np.random.default_rng(0).normal(size=4000))
    distribution = Quantiles([0.1, 0.5])
    width = -stats.norm.ppf(0.1)

    def mean_loss(step: float) -> float:
        raw = torch.tensor([np.log(np.expm1(step)), 0.0])
        return float(distribution.loss(raw.expand(4000, -1), values).mean())

    assert mean_loss(width) < min(mean_loss(width - 0.2), mean_loss(width + 0.2))


@pytest.mark.parametrize("levels", [[], [0.5], [0.5, 0.1], [0.1, 0.1], [0.0, 0.5], [0.5, 1.0]])
def test_levels_rise_between_0_and_1(levels: list[float]) -> None:
    with pytest.raises(UsageError, match="at least two levels that rise"):
        Quantiles(levels)


@pytest.mark.parametrize("name", ["gaussian", "student t", "quantiles"])
def test_surprise_is_the_density_s_and_normal_scores_are_those_of_its_cumulative_probability(name: str) -> None:
    distribution = CASES[name].distribution if name in CASES else Quantiles((0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975))
    parameters = _parameters(distribution, 400)
    levels = torch.linspace(0.001, 0.999, 400, dtype=torch.float64)
    values = distribution.quantile(parameters, levels)
    np.testing.assert_allclose(distribution.normal_score(parameters, values), torch.special.ndtri(levels), atol=1e-6)
    above = distribution.normal_score(parameters, values + 1e-6)
    below = distribution.normal_score(parameters, values - 1e-6)
    slope = (torch.special.ndtr(above) - torch.special.ndtr(below)) / 2e-6
    smooth = (above - below).isfinite() & (slope > 1e-6)
    if name == "quantiles":  # where two lines meet, the density jumps
        smooth &= (levels[:, None] - torch.tensor(distribution.levels)).abs().amin(-1) > 1e-3  # type: ignore[attr-defined]
    assert smooth.sum() > 300
    np.testing.assert_allclose(distribution.surprise(parameters, values)[smooth], -slope[smooth].log(), atol=2e-3)


def test_far_tails_have_finite_scores() -> None:
    for distribution in (Gaussian(), StudentT(), Quantiles((0.1, 0.5, 0.9))):
        parameters = _parameters(distribution, 4)
        for far in (-1e6, 1e6):
            scores = distribution.normal_score(parameters, torch.full((4,), far, dtype=torch.float64))
            assert scores.isfinite().all()
            assert (scores.sign() == np.sign(far)).all()


def test_what_is_not_continuous_has_no_signed_deviation() -> None:
    with pytest.raises(UsageError, match="Bernoulli has no signed deviations"):
        Bernoulli().normal_score(torch.zeros(1), torch.zeros(1))
    assert Bernoulli().surprise(torch.zeros(1), torch.ones(())) == pytest.approx(np.log(2))
