"""Echo-state networks: laws, learning, feedback, errors, and a small Mackey-Glass run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn import linear_model
from torch import Tensor

from seqloom.cells import Elman, LeakyEchoState, Sparse, SpectralRadius, Uniform
from seqloom.errors import UsageError
from seqloom.layers import EchoState, Recurrent
from seqloom.models import echo_state_network
from seqloom.models.echo_state_network import EchoStateNetwork
from seqloom.models.recursive_least_squares import RecursiveLeastSquares
from seqloom.models.ridge import Ridge
from seqloom.probes.mackey_glass import mackey_glass, nrmse
from seqloom.testing import check_layer
from seqloom.testing.closeness import assert_close, assert_same_state


def driven(steps: int = 300, rows: int = 2) -> tuple[Tensor, Tensor]:
    """Inputs (B, T, 2), and targets (B, T, 1) that need a memory of three steps."""
    x = torch.rand(rows, steps, 2, dtype=torch.float64) - 0.5
    y = x[..., :1] + 0.5 * x[..., 1:].roll(3, dims=1)
    return x, y


def fitted(feedback: bool) -> EchoStateNetwork:
    network = EchoStateNetwork(EchoState(2 + feedback, 20), 1, feedback=feedback, washout=20)
    return network.fit(*driven())


@pytest.mark.parametrize("feedback", [False, True])
def test_a_network_obeys_the_laws(feedback: bool) -> None:
    check_layer(lambda: fitted(feedback))


def test_it_learns_to_remember() -> None:
    x, y = driven(600)
    network = EchoStateNetwork(EchoState(2, 80, decay=1.0, gain=1.0), 1, washout=50).fit(x, y)
    x, y = driven(100)
    found, _ = network(x)
    assert float((found - y)[:, 50:].std() / y.std()) < 0.1


def test_a_naive_loop_and_scikit_learn_say_the_same() -> None:
    """Every step in numpy: drive with the teacher, solve, run free."""
    series = (mackey_glass(300) - 1).numpy()
    network = EchoStateNetwork(EchoState(1, 12), 1, feedback=True, readout=Ridge(1e-3), washout=50).fit(series)
    hidden = network.reservoir.reservoirs[0].weights.hidden
    drive, inside, bias = hidden.weight_0.numpy(), hidden.weight_1.numpy(), hidden.bias.numpy()

    def move(h: np.ndarray, heard: float) -> np.ndarray:
        return 0.7 * h + 0.3 * np.tanh(drive[:, 0] * heard + inside @ h + bias)

    h, states = np.zeros(12), []
    for heard in [0.0, *series[:-1]]:
        h = move(h, heard)
        states.append(h)
    oracle = linear_model.Ridge(alpha=1e-3, solver="svd").fit(states[50:], series[50:])
    assert network.weight_[0].tolist() == pytest.approx(oracle.coef_.tolist(), rel=1e-9)
    heard, wanted = series[-1], []
    for _ in range(20):
        h = move(h, heard)
        heard = oracle.predict([h])[0]
        wanted.append(heard)
    free, _ = network.generate(20, network.listen(series)[1])
    assert free.flatten().tolist() == pytest.approx(wanted, rel=1e-9)


def test_any_causal_layer_can_be_the_reservoir() -> None:
    x, y = driven(600)
    network = EchoStateNetwork(Recurrent(Elman, 2, 30).requires_grad_(False), 1, washout=50).fit(x, y)
    assert float((network(x)[0] - y)[:, 50:].std() / y.std()) < 0.5


def test_sequences_and_pieces_are_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = driven()
    network = EchoStateNetwork(EchoState(3, 20), 1, feedback=True, washout=20).fit(x, y)
    wanted = network.weight_.clone()
    network.fit([x[0], x[1].numpy()], [y[0], y[1].numpy()])
    assert_close(network.weight_, wanted, "two sequences", terms=10**6)
    monkeypatch.setattr(echo_state_network, "CHUNK", 7)
    network.fit(x, y)
    assert_close(network.weight_, wanted, "pieces", terms=10**6)
    network.fit(x[:1], y[:1])
    network.partial_fit(x[1:], y[1:])
    assert_close(network.weight_, wanted, "learning on", terms=10**6)


def test_listening_in_two_parts_is_listening() -> None:
    x, y = driven()
    network = fitted(feedback=True)
    whole, end = network.listen(x, y)
    left, state = network.listen(x[:, :50], y[:, :50])
    right, resumed = network.listen(x[:, 50:], y[:, 50:], state)
    assert_close(torch.cat([left, right], dim=1), whole, "parts")
    assert_same_state(resumed, end, "parts")


def test_free_running_hears_its_own_outputs() -> None:
    x, y = driven()
    network = fitted(feedback=True)
    _, state = network.listen(x[:, :50], y[:, :50])
    free, _ = network(x[:, 50:60], state)
    taught, _ = network.listen(x[:, 50:60], free, state)
    assert_close(free, taught, "its own outputs as the teacher")


def test_saved_weights_give_the_same_series(tmp_path) -> None:
    wave = torch.sin(torch.arange(400) / 5)
    network = EchoStateNetwork(EchoState(1, 30), 1, feedback=True).fit(wave)
    again = EchoStateNetwork(EchoState(1, 30), 1, feedback=True)
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    again.load_state_dict(torch.load(tmp_path / "weights.pt"))
    assert torch.equal(network.generate(50)[0], again.generate(50)[0])


def test_a_stream_is_learned_online() -> None:
    x, y = driven(400, rows=1)
    network = EchoStateNetwork(
        EchoState(2, 30, decay=1.0, gain=1.0), 1, readout=RecursiveLeastSquares(penalty=1e-4), washout=0
    )
    state, errors = None, []
    for t in range(400):
        predicted, state = network.adapt(x[:, t : t + 1], y[:, t : t + 1], state)
        errors.append(float((predicted - y[:, t : t + 1]).abs()))
    assert np.mean(errors[-100:]) < 0.2 * np.mean(errors[:20])
    at_once = EchoStateNetwork(network.reservoir, 1, readout=RecursiveLeastSquares(penalty=1e-4), washout=0)
    assert_close(network.weight_, at_once.fit(x, y).weight_, "one by one", terms=10**6)


def test_noise_keeps_weights_small() -> None:
    series, exact = mackey_glass(1000) - 1, Ridge(1e-14)
    quiet = EchoStateNetwork(EchoState(1, 50), 1, feedback=True, readout=exact).fit(series)
    noisy = EchoStateNetwork(quiet.reservoir, 1, feedback=True, readout=exact, noise=1e-3).fit(series)
    assert float(noisy.weight_.norm()) < 0.1 * float(quiet.weight_.norm())


def mackey_glass_error(hidden_size: int, seed: int) -> float:
    """The 84-step error in original coordinates, after 2,000 steps of learning, over 20 stretches."""
    torch.manual_seed(seed)
    cell = LeakyEchoState(
        decay=0.396,
        gain=0.44,
        input_init=Uniform(0.56),
        recurrent_init=SpectralRadius(0.79, Sparse(density=0.0125)),
        bias_init=Uniform(0.028),
    )
    network = EchoStateNetwork(
        Recurrent(cell, 1, hidden_size), 1, feedback=True, readout=Ridge(1e-13), washout=500
    ).fit(torch.tanh(mackey_glass(2000, seed=1) - 1))
    series = mackey_glass(20 * 600, seed=2).view(20, 600, 1)
    _, state = network.listen(torch.tanh(series[:, :500] - 1))
    free, _ = network.generate(84, state)
    predicted = torch.atanh(free[:, -1].clamp(-0.99, 0.99)) + 1
    return nrmse(predicted, series[:, 583], float(series.var()))


def test_mackey_glass_84_steps_ahead() -> None:
    assert mackey_glass_error(150, seed=0) < 0.02


def wrong(network: EchoStateNetwork, x: Tensor, y: Tensor) -> dict[str, tuple[Callable[[], object], str]]:
    poisoned = x.clone()
    poisoned[0, 3] = torch.nan
    return {
        "short": (lambda: network.fit(x[:, :20], y[:, :20]), "20 steps is too short for a washout of 20"),
        "nan": (lambda: network.fit(poisoned, y), "x should hold finite numbers"),
        "infinite": (lambda: network.fit(x, y / 0), "y should hold finite numbers"),
        "narrow": (lambda: network.fit(x[..., :1], y), r"x should have the shape \(T, 2\)"),
        "flat": (lambda: network.fit(x[0, :, 0], y[0]), r"x should have the shape \(T, 2\)"),
        "uneven": (lambda: network.fit(x, y[:, 1:]), "the same steps"),
        "one missing": (lambda: network.fit([x[0], x[1]], [y[0]]), "as many sequences"),
        "nothing": (lambda: network.fit([], []), "no sequence was given"),
        "two at once": (lambda: network.listen([x[0], x[1]], [y[0], y[1]]), "at a time; got 2"),
        "no targets": (lambda: network.fit(x), "2 inputs: give the inputs and the targets"),
        "no inputs": (lambda: network.generate(3), "2 inputs a step"),
        "unknown": (lambda: EchoStateNetwork(EchoState(1, 4), 2, feedback=True), "in_features=1"),
        "unlearned": (lambda: EchoStateNetwork(EchoState(1, 4), 1, feedback=True).generate(3), "learned nothing"),
        "unlearned step": (
            lambda: EchoStateNetwork(EchoState(2, 4), 1).step(x[:, 0], network.initial_state(len(x))),
            "learned nothing",
        ),
        "washout": (lambda: EchoStateNetwork(EchoState(1, 4), 1, washout=-1), "at least 0"),
    }


@pytest.mark.parametrize("case", wrong(fitted(feedback=True), *driven()))
def test_what_cannot_be(case: str) -> None:
    call, message = wrong(fitted(feedback=True), *driven())[case]
    with pytest.raises(UsageError, match=message):
        call()


def test_a_fit_without_sequences_leaves_the_network_unfitted() -> None:
    network = EchoStateNetwork(EchoState(1, 4), 1, feedback=True)
    with pytest.raises(UsageError, match="no sequence"):
        network.fit([])
    assert not network.fitted_
