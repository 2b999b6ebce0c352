"""Reservoirs: what is drawn is what was asked for, and the past fades."""

from __future__ import annotations

import pytest
import torch

from seqloom.cells import Normal, Sparse, SpectralRadius
from seqloom.errors import UsageError
from seqloom.layers import EchoState
from seqloom.layers.state import map_state
from seqloom.testing import check_layer


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("frozen", [True, False])
def test_a_reservoir_obeys_the_laws(depth: int, frozen: bool) -> None:
    check_layer(lambda: EchoState(3, 4, depth=depth, frozen=frozen))


def test_the_density_and_the_radius() -> None:
    layer = EchoState(2, 80, radius=0.7, density=0.05, depth=2).double()
    layer.reset_parameters(torch.Generator().manual_seed(0))
    for reservoir in layer.reservoirs:
        recurrent = reservoir.weights.hidden.weight_1
        assert (recurrent != 0).sum(1).tolist() == [4] * 80
        assert float(torch.linalg.eigvals(recurrent).abs().max()) == pytest.approx(0.7, rel=1e-10)


def test_a_row_of_a_sparse_matrix_is_never_empty() -> None:
    matrix = torch.empty(6, 6, dtype=torch.float64)
    for seed in range(20):
        SpectralRadius(0.5, Sparse(Normal(), density=0.01)).fill(matrix, torch.Generator().manual_seed(seed))
        assert float(torch.linalg.eigvals(matrix).abs().max()) == pytest.approx(0.5)


def test_the_scales_of_inputs_and_bias() -> None:
    layer = EchoState(4, 400, density=0.01, input_scale=0.6, bias_scale=0.2)
    hidden = layer.reservoirs[0].weights.hidden
    assert 0.29 < float(hidden.weight_0.abs().max()) <= 0.3
    assert 0.19 < float(hidden.bias.abs().max()) <= 0.2


def test_two_beginnings_end_alike() -> None:
    layer = EchoState(1, 60, radius=0.9, decay=0.4, gain=0.4, depth=2).double()
    x = torch.randn(2, 400, 1, dtype=torch.float64)[[0, 0]]
    state = map_state(torch.randn_like, layer.initial_state(2))
    y, _ = layer(x, state)
    assert float((y[0, 0] - y[1, 0]).abs().max()) > 0.1
    assert float((y[0, -1] - y[1, -1]).abs().max()) < 1e-6


def test_frozen_weights_stay_and_gradients_pass() -> None:
    layer = EchoState(2, 5)
    x = torch.randn(1, 4, 2, requires_grad=True)
    layer(x)[0].sum().backward()
    assert x.grad is not None
    assert bool(x.grad.any())
    assert not any(p.requires_grad for p in layer.parameters())


def test_it_runs_as_machine_code() -> None:
    layer = EchoState(1, 20).double()
    assert layer.reservoirs[0].explain(torch.zeros(1, 5, 1, dtype=torch.float64)).kernel == "cpu"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"density": 0.0}, "density above 0"),
        ({"decay": 1.5}, "decay above 0 and at most 1"),
        ({"radius": -1.0}, "radius of at least 0"),
        ({"gain": float("nan")}, "gain of at least 0"),
        ({"depth": 0}, "depth from 1 to 64"),
    ],
)
def test_options_that_cannot_be(options: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        EchoState(1, 4, **options)  # type: ignore[arg-type]
