"""Influence by lag: against products of Jacobians, analytic rates, and for every kind of layer."""

from __future__ import annotations

import pytest
import torch

from seqloom.cells import GRU, LSTM, Cell, Elman, affine
from seqloom.errors import UsageError
from seqloom.inspection.memory import input_influence, state_influence
from seqloom.layers import Recurrent, parse_spec
from seqloom.layers.state import grows, leaves
from seqloom.layers.words import WORDS

TIME, HIDDEN = 24, 6


class Linear(Cell):
    """h_t = W h_{t−1} + U x_t."""

    state = ("h",)

    def equations(self, x, h):
        return affine("next", x, h, bias=False)


def of_radius(cell, radius, hidden=16):
    """A layer whose recurrent matrix is ``radius`` times an orthogonal one."""
    layer = Recurrent(cell, 3, hidden).double()
    with torch.no_grad():
        layer.weights.next.weight_1.copy_(radius * torch.linalg.qr(torch.randn(hidden, hidden).double())[0])
    return layer


@pytest.mark.parametrize("radius", [0.5, 0.9, 1.0, 1.1])
@pytest.mark.parametrize("directions", [None, 8])
def test_a_linear_network_follows_its_radius(radius, directions):
    torch.manual_seed(1)
    layer, x = of_radius(Linear, radius), torch.randn(4, TIME, 3).double()
    states = state_influence(layer, x, directions=directions)
    assert states.rate == pytest.approx(radius, rel=0.05)
    assert input_influence(layer, x, directions=directions).rate == pytest.approx(radius, rel=0.05)
    if directions is None:
        assert states.values == pytest.approx(16**0.5 * radius**states.lags, rel=1e-9)
        assert not states.errors.any()


@pytest.mark.parametrize("cell", [Elman, GRU, LSTM])
def test_states_equal_the_product_of_jacobians(cell):
    torch.manual_seed(2)
    layer, x = Recurrent(cell, 3, HIDDEN).double(), torch.randn(1, 9, 3).double()
    curve = state_influence(layer, x, directions=None)
    state = layer.initial_state(1)
    jacobians = []
    for step in range(9):

        def advance(*parts, step=step):
            _, after = layer.step(x[:, step], layer.state_type(*parts))
            return torch.cat(after, 1)

        parts = torch.autograd.functional.jacobian(advance, tuple(state))
        jacobians.append(torch.cat([part[0, :, 0] for part in parts], 1))
        _, state = layer.step(x[:, step], state)
    product = torch.eye(len(jacobians[0])).double()
    for lag in range(10):
        assert curve.values[lag] == pytest.approx(float(product.norm()), rel=1e-9)
        if lag < 9:
            product = product @ jacobians[-1 - lag]


def test_inputs_equal_the_jacobian_of_torch():
    torch.manual_seed(3)
    layer, x = Recurrent(GRU, 3, HIDDEN).double(), torch.randn(1, 7, 3).double()
    curve = input_influence(layer, x, directions=None)
    whole = torch.autograd.functional.jacobian(lambda x: layer(x)[0][:, -1], x)[0, :, 0]
    assert curve.values == pytest.approx(whole.flip(1).square().sum((0, 2)).sqrt().numpy(), rel=1e-9)


def test_random_directions_are_right_within_their_error():
    torch.manual_seed(4)
    layer, x = Recurrent(GRU, 3, 64).double(), torch.randn(2, 12, 3).double()
    exact, guessed = (input_influence(layer, x, directions=count) for count in (None, 32))
    far = abs(guessed.values - exact.values) / guessed.errors
    assert (guessed.errors > 0).all()
    assert (far < 5).all()


def test_ragged_rows_count_from_their_own_end():
    torch.manual_seed(5)
    layer, x = Recurrent(GRU, 3, HIDDEN).double(), torch.randn(2, 7, 3).double()
    both = input_influence(layer, x, torch.tensor([7, 3]), directions=None)
    long, short = (input_influence(layer, x[k : k + 1, :n], directions=None) for k, n in ((0, 7), (1, 3)))
    assert both.values[3:] == pytest.approx(long.values[3:])
    assert both.values[:3] == pytest.approx(((long.values[:3] ** 2 + short.values**2) / 2) ** 0.5)


def test_a_layer_that_sees_what_comes_has_lags_below_zero():
    torch.manual_seed(6)
    layer = parse_spec("gru(4) bidirectional").build(3)
    curve = input_influence(layer, torch.randn(2, 9, 3), directions=None)
    assert curve.lags.tolist() == [*range(-4, 5)]
    assert (curve.values > 0).all()


@pytest.mark.parametrize("name", sorted(WORDS))
def test_every_word_of_the_grammar(name):
    try:
        layer = parse_spec(f"{name}(8)").build(8).eval()
    except UsageError:
        pytest.skip("no layer of its own")
    x, state = torch.randn(2, 10, 8), layer.initial_state(2)
    assert input_influence(layer, x).at_present > 0
    kept = any(leaf.is_floating_point() for _, leaf in leaves(state)) and not grows(state)
    if kept:
        assert state_influence(layer, x).values[1] > 0
        return
    with pytest.raises(UsageError, match="keeps"):
        state_influence(layer, x)


def test_forget_gates_that_begin_open_keep_ten_times_as_long():
    def half_life(bias):
        torch.manual_seed(7)
        layer = Recurrent(LSTM, 4, 32)
        with torch.no_grad():
            layer.weights.forget.bias.fill_(bias)
        half = state_influence(layer, torch.randn(2, 400, 4)).half_life
        return 400.0 if half is None else half

    assert half_life(5.0) >= 10 * half_life(0.0)


def test_what_cannot_be_asked_is_said():
    attention = parse_spec("attention(8)").build(8)
    with pytest.raises(UsageError, match="keeps all of its past"):
        state_influence(attention, torch.zeros(1, 4, 8))
    with pytest.raises(UsageError, match="lags from 0 to T = 4"):
        state_influence(Recurrent(GRU, 8, 8), torch.zeros(1, 4, 8), lags=[5])
    with pytest.raises(UsageError, match="fewer steps than it reads"):
        input_influence(parse_spec("conv(8, stride=2)").build(8), torch.zeros(1, 4, 8))
    with pytest.raises(UsageError, match="at least one step"):
        input_influence(Recurrent(GRU, 8, 8), torch.zeros(1, 4, 8), torch.tensor([0]))


def test_of_a_window_nothing_is_left_once_it_has_passed() -> None:
    found = state_influence(parse_spec("attention(4, window=3)").build(4), torch.randn(2, 9, 4), directions=2)
    assert (found.values[found.lags >= 3] == 0).all()
    assert (found.errors[found.lags >= 3] == 0).all()
