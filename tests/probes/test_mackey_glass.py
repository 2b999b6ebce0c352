"""The Mackey-Glass series against a delay equation solved finely, and its seeds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqloom.errors import UsageError
from seqloom.probes.mackey_glass import MackeyGlass, mackey_glass, nrmse


def test_it_follows_the_equation() -> None:
    """Between samples, y changes by what the equation says, to the order of the step."""
    series = mackey_glass(2000, seed=3).numpy()
    now, then = series[18:-1], series[1:-18]
    slope = (series[19:] - series[17:-2]) / 2
    wanted = 0.2 * then / (1 + then**10) - 0.1 * now
    assert np.corrcoef(slope, wanted)[0, 1] > 0.99


def test_its_scheme_is_that_of_a_naive_loop() -> None:
    rng = np.random.default_rng(5)
    y = list(1.2 + rng.uniform(-0.1, 0.1, 171))
    for n in range(170, 170 + 10 * 30):
        y.append(y[n] + 0.1 * (0.2 * y[n - 170] / (1 + y[n - 170] ** 10) - 0.1 * y[n]))
    wanted = torch.tensor(y[171::10], dtype=torch.float64)
    assert torch.allclose(mackey_glass(20, seed=5, skip=10), wanted[10:], rtol=1e-12)


def test_its_known_statistics() -> None:
    series = mackey_glass(20_000)
    assert float(series.mean()) == pytest.approx(0.93, abs=0.01)
    assert float(series.std()) == pytest.approx(0.226, abs=0.005)
    assert 0.2 < float(series.min()) < float(series.max()) < 1.4


def test_a_seed_decides_the_series() -> None:
    assert torch.equal(mackey_glass(50, seed=1), mackey_glass(50, seed=1))
    assert float((mackey_glass(50, seed=1) - mackey_glass(50, seed=2)).abs().max()) > 0.1
    assert torch.equal(mackey_glass(50, skip=60), mackey_glass(80, skip=30)[30:])
    assert not torch.equal(mackey_glass(50, delay=30), mackey_glass(50))
    assert len(mackey_glass(0)) == 0


@pytest.mark.parametrize("options", [{"steps": -1}, {"steps": 1, "delay": 0}, {"steps": 1, "skip": -1}])
def test_sizes_that_cannot_be(options: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="mackey_glass expected"):
        mackey_glass(**options)


def test_the_mean_has_an_error_of_one() -> None:
    series = mackey_glass(5000)
    assert nrmse(series.mean().expand(5000), series, float(series.var(correction=0))) == pytest.approx(1)


def test_the_probe_asks_for_what_comes_later() -> None:
    probe = MackeyGlass(length=40, ahead=7)
    examples = probe.draw(3, seed=4)
    assert torch.equal(examples.targets[:, :33], examples.inputs[:, 7:, 0])
    assert examples.scored.sum(1).tolist() == [20, 20, 20]
    slope = (examples.inputs[:, 19:, 0] - examples.inputs[:, 17:-2, 0]) / 2
    now, then = examples.inputs[:, 18:-1, 0] + 1, examples.inputs[:, 1:-18, 0] + 1
    wanted = 0.2 * then / (1 + then**10) - 0.1 * now
    assert np.corrcoef(slope.flatten(), wanted.flatten())[0, 1] > 0.99
