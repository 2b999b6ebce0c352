"""Fixed points and eigenvalues, where they are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seqloom.cells import GRU, LSTM, Elman, RealLRU
from seqloom.errors import UsageError
from seqloom.inspection.dynamics import (
    draw_eigenvalues,
    draw_phase_portrait,
    fixed_points,
    time_constants,
    transition_eigenvalues,
    transition_jacobians,
)
from seqloom.inspection.state_vectors import state_vectors, states_from_vectors
from seqloom.layers import Recurrent, parse_spec


def matrix(layer: Recurrent, hidden: int) -> nn.Parameter:
    (found,) = [weight for weight in layer.parameters() if weight.shape == (hidden, hidden)]
    return found


@pytest.mark.parametrize("cell", [Elman, GRU, LSTM])
def test_jacobians_equal_those_of_torch(cell):
    torch.manual_seed(0)
    layer = Recurrent(cell, 3, 4).double()
    x, state = torch.randn(2, 3).double(), layer(torch.randn(2, 5, 3).double())[1]
    found = transition_jacobians(layer, x, state)
    for row in range(2):

        def step(vector, row=row):
            one = states_from_vectors(layer.initial_state(1), vector[None])
            return state_vectors(layer.step(x[row : row + 1], one)[1])[0]

        wanted = torch.autograd.functional.jacobian(step, state_vectors(state)[row])
        torch.testing.assert_close(found[row], wanted)


def test_eigenvalues_of_tanh_at_rest_are_those_of_its_matrix():
    layer = Recurrent(Elman, 2, 5).double()
    found = transition_eigenvalues(layer, torch.zeros(1, 2).double(), layer.initial_state(1))[0]
    wanted = np.linalg.eigvals(matrix(layer, 5).detach().numpy())
    assert np.sort_complex(found) == pytest.approx(np.sort_complex(wanted))


def test_a_bistable_unit_has_two_stable_points_and_a_saddle():
    layer = Recurrent(Elman, 1, 1)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.fill_(2.0 if weight.shape == (1, 1) else 0.0)
    starts = layer.state_type(torch.linspace(-1, 1, 21)[:, None])
    points = fixed_points(layer, starts)
    by_place = sorted((round(float(point.state), 4), point.stable) for point in points)
    assert by_place == [(-0.9575, True), (0.0, False), (0.9575, True)]
    saddle = next(point for point in points if not point.stable)
    assert saddle.unstable_directions == 1
    assert saddle.eigenvalues[0] == pytest.approx(2.0)
    assert saddle.slowest == np.inf
    assert sum(point.found for point in points) == 21
    assert "unstable in 1" in repr(saddle)


def test_a_contraction_has_one_fixed_point_under_the_held_input():
    torch.manual_seed(1)
    layer = Recurrent(GRU, 2, 4)
    x = torch.tensor([0.3, -1.0])
    (point,) = fixed_points(layer, layer.state_type(torch.randn(10, 4)), x)
    settled = layer(x.expand(1, 2000, 2))[1].h[0]
    torch.testing.assert_close(point.state.float(), settled, atol=1e-5, rtol=1e-4)
    assert point.stable
    assert point.found >= 8


def test_a_linear_recurrence_has_its_own_eigenvalues():
    layer = Recurrent(RealLRU, 6, 6)
    wheres = torch.randn(2, 6), layer.initial_state(2)
    found = transition_eigenvalues(layer, *wheres)
    assert found[0] == pytest.approx(found[1], abs=1e-6)
    assert (np.abs(found) < 1).all()


def test_time_constants():
    assert time_constants(np.array([0.0, 0.5, -0.5, 1j])) == pytest.approx([0, 1 / np.log(2), 1 / np.log(2), np.inf])


@pytest.mark.parametrize("spec", ["attention(8)", "norm"])
def test_layers_without_a_state_of_one_size_are_refused(spec):
    layer = parse_spec(spec).build(8)
    with pytest.raises(UsageError, match="keeps"):
        fixed_points(layer, layer.initial_state(2))


def test_pictures_are_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    torch.manual_seed(2)
    layer = Recurrent(Elman, 1, 3)
    with torch.no_grad():
        matrix(layer, 3).copy_(2 * torch.eye(3))
    starts = layer.state_type(torch.randn(30, 3))
    points = fixed_points(layer, starts)
    draw_phase_portrait(layer(torch.randn(5, 20, 1))[0], points, tmp_path / "portrait.png")
    draw_eigenvalues(points[-1].eigenvalues, "eigenvalues", tmp_path / "disc.svg")
    assert all((tmp_path / name).stat().st_size > 1000 for name in ("portrait.png", "disc.svg"))
    with pytest.raises(UsageError, match=r"end in \.png"):
        draw_eigenvalues(points[0].eigenvalues, "eigenvalues", tmp_path / "disc.nothing")
