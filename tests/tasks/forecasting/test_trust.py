"""A network adds to the linear model what held-out values show to help, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqloom.models.distributions import Gaussian
from seqloom.tasks.forecasting.columns import series_of
from seqloom.tasks.forecasting.correction import LEVELS, MEDIAN, Correction, at_levels, quantiles_of
from seqloom.tasks.forecasting.forecaster import Forecaster
from seqloom.tasks.forecasting.judging import Comparison
from seqloom.tasks.forecasting.picks import Sizes
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.trust import best_trust
from seqloom.tasks.forecasting.windows import windows_of
from seqloom.tasks.registry import load

UNIT = [np.ones(1)]


@pytest.mark.parametrize(("whole", "share"), [(1.0, 1.0), (2.0, 0.5), (-1.0, 0.0), (0.0, 0.0)])
def test_the_share_is_where_the_error_is_least(whole: float, share: float) -> None:
    came = [np.array([[[1.0], [2.0], [np.nan]]])]
    assert best_trust([np.zeros((1, 3, 1))], [whole * np.nan_to_num(came[0], nan=9.0)], came, UNIT, 1) == share


def test_what_helps_the_absolute_error_alone_is_not_taken() -> None:
    came, whole = (np.array(row)[None, :, None] for row in ([0.0, 0.0, 1.0, 1.0], [3.0, 0.0, 1.0, 1.0]))
    assert best_trust([np.zeros((1, 4, 1))], [whole], [came], UNIT, 1) < 1
    middle = np.zeros((1, 4, 1))
    squared = [
        float(np.square(came - w * (whole - middle)).sum())
        for w in (0.0, best_trust([middle], [whole], [came], UNIT, 1))
    ]
    assert squared[1] <= squared[0]


def test_what_may_be_chance_is_not_taken() -> None:
    draw = np.random.default_rng(0)
    came, said = draw.normal(size=(2, 200, 1, 1))
    plain = np.zeros((200, 1, 1))
    best = [float(np.square(came - w * said).sum()) for w in (0.0, 0.1)]
    for sign in (1, -1):
        assert best_trust([plain], [sign * said], [came], UNIT, 1) == 0, best
    assert best_trust([plain], [came + said], [came], UNIT, 1) >= 0.3
    # origins that share what comes are one: 200 of them are too few to tell, where 100 are as one
    slow = np.repeat(came[:4], 50, 0)
    assert best_trust([plain], [slow + draw.normal(size=(200, 1, 1))], [slow], UNIT, 100) > 0


def test_the_rival_is_the_simplest_of_equals() -> None:
    walk = np.random.default_rng(0).normal(size=500).cumsum()
    for values, rival in ((walk, "last value"), (walk + np.arange(500.0), "drift")):
        series = series_of([values])[0]
        windows = [*windows_of(series, Sizes(horizon=1, past=48, season=1, lags=4, origins=24), 300)]
        naive = Comparison(windows)
        for window in windows:
            naive.add_naive(window, Scale.learned([series.values], 1, 1))
        assert naive.rival() == rival


def harmful(training: dict[str, Any]) -> Forecaster:
    """A network that learned too fast from an autoregression, of which a linear model knows all."""
    draw, values = np.random.default_rng(0), np.zeros(400)
    for step in range(1, 400):
        values[step] = 0.8 * values[step - 1] + draw.normal()
    given = {"learning_rate": 0.05, "steps": 40, "epochs": None, "device": "cpu", "evaluate_every": 40}
    return Forecaster("gru(8)", horizon=3, training=given | training).fit([values], validation=0.3, progress=False)


def test_it_is_never_worse_on_what_is_held_out_than_the_linear_model(tmp_path: Path) -> None:
    model = harmful({})
    linear = model.validation_.baselines["linear model of the lags"]
    assert model.facts_["trust"] < 1
    for name in ("mse", "mase"):
        assert model.validation_.model[name] <= linear[name] * (1 + 1e-6), name
    model.save(tmp_path / "model")
    values = np.random.default_rng(1).normal(size=60).cumsum()
    np.testing.assert_array_equal(load(tmp_path / "model").predict([values])[0], model.predict([values])[0])


def test_without_trust_a_model_forecasts_as_its_linear_part() -> None:
    model = harmful({})
    assert isinstance(model.model_, torch.nn.Module)
    x = torch.randn(1, 20, 3)
    model.model_.eval()
    whole, none = (model.model_(x, trust=trust) for trust in (1.0, 0.0))
    place = model.model_.location
    linear = model.model_._following(x, model.model_._no_moves(x))
    torch.testing.assert_close(none[..., place], linear)
    others = [k for k in range(none.shape[-1]) if k != place]
    torch.testing.assert_close(none[..., others], whole[..., others])
    state = model.model_.begin(1)
    for x_t in x.unbind(1):
        said, state = model.model_.step(x_t, state, 0.0)
    torch.testing.assert_close(said, none[:, -1])


def test_corrections_leave_the_median_where_it_is() -> None:
    said = quantiles_of(Gaussian(), torch.tensor([0.5, 0.5413]).expand(1, 2, 1, 2))
    shifts = np.repeat(np.sign(MEDIAN - np.arange(len(LEVELS)))[:, None, None] * 2.0, 2, 1)
    np.testing.assert_allclose(Correction(shifts, 0).corrected(said), 0.5)


def test_few_values_borrow_from_the_steps_beside_them() -> None:
    draw = np.random.default_rng(0)
    said = quantiles_of(Gaussian(), torch.tensor([0.0, 0.5413]).expand(60, 8, 1, 2))
    came = 3 * draw.normal(size=(60, 8, 1))
    low, high = at_levels(Correction.learned([said], [came]).corrected(said), (0.025, 0.975))
    fresh = 3 * draw.normal(size=(4000, 8, 1))
    assert abs(((fresh > low[:1]) & (fresh < high[:1])).mean() - 0.95) < 0.03
    assert np.ptp(high[0]) < 2.5


def test_values_of_one_moment_count_once() -> None:
    """Twenty moments, each seen from twelve origins with nearly the same error, are no more than twenty."""
    said = quantiles_of(Gaussian(), torch.tensor([0.0, 0.5413]).expand(20, 12, 1, 2))
    draw, held = np.random.default_rng(0), []
    for _ in range(60):
        moments = draw.normal(size=31)
        came = moments[np.arange(20)[:, None] + np.arange(12)][..., None]
        low, high = torch.from_numpy(at_levels(Correction.learned([said], [came]).corrected(said), (0.1, 0.9)))
        held.append(float((torch.special.ndtr(high) - torch.special.ndtr(low)).mean()))
    assert np.mean(held) == pytest.approx(0.8, abs=0.02)


def test_columns_have_corrections_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    said = quantiles_of(Gaussian(), torch.tensor([0.0, 0.5413]).expand(400, 2, 2, 2))
    came, fresh = np.random.default_rng(0).normal(size=(2, 400, 2, 2)) * np.array([0.3, 3.0])
    for most, shape in ((1000, (15, 2, 2)), (50, (15, 2, 1))):
        monkeypatch.setattr("seqloom.tasks.forecasting.correction._MOST_SHIFTS", most)
        found = Correction.learned([said], [came])
        assert found.shifts.shape == shape
        assert Correction.from_json(found.to_json()).shifts.shape == shape
        low, high = at_levels(found.corrected(said), (0.1, 0.9))
        held = ((low < fresh) & (fresh < high)).mean((0, 1))
        assert held == pytest.approx(0.8, abs=0.04) if shape[-1] == 2 else held[0] == 1.0 > held[1] + 0.3
    before = {"levels": LEVELS, "shifts": found.shifts[..., 0].tolist(), "origins": 400}
    np.testing.assert_array_equal(Correction.from_json(before).corrected(said), found.corrected(said))
