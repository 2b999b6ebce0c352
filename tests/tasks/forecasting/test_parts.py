"""Windows, scales, naive forecasts, the linear model and the corrections, each against what is written out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from seqloom.data.times import TimedSeries
from seqloom.data.times.spacing import Even, Months, Rows, Spacing, Workdays
from seqloom.layers import parse_spec
from seqloom.models.distributions import Gaussian, Quantiles
from seqloom.tasks.forecasting.correction import LEVELS, Correction, at_levels, quantiles_of
from seqloom.tasks.forecasting.inputs import Inputs, calendar
from seqloom.tasks.forecasting.linear import linear, linear_again, solved
from seqloom.tasks.forecasting.naive import drift, last_value, season_before, season_grown
from seqloom.tasks.forecasting.network import ForecastNetwork, Shape
from seqloom.tasks.forecasting.picks import Sizes, sizes_for
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.skill import difference_by_blocks
from seqloom.tasks.forecasting.windows import Window, whole_series, windows_of

SIZES = Sizes(horizon=3, past=8, season=4, lags=3, origins=4)


def series(values: Any, name: str = "") -> TimedSeries:
    found = np.asarray(values, np.float64)
    found = found[:, None] if found.ndim == 1 else found
    return TimedSeries(name, found, np.arange(len(found), dtype=np.float64))


def features(values: np.ndarray, begin: int, scale: Scale) -> torch.Tensor:
    nothing = np.zeros((len(values), 0))
    places = scale.places(values, nothing)
    return Inputs(scale, Scale.none(), [], np.zeros(0)).features(places, nothing, np.arange(len(values)), begin)


def walk(steps: int, columns: int = 1, seed: int = 0) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(size=(steps, columns)), 0)


def test_every_step_but_the_first_and_the_last_is_an_origin_once() -> None:
    windows = list(windows_of(series(walk(30)), SIZES))
    assert [k for one in windows for k in range(one.first, one.end)] == list(range(1, 29))
    assert all(one.end - one.begin <= SIZES.past for one in windows)


def test_a_series_is_whole_up_to_the_last_value_that_is_asked_for() -> None:
    one, other = series(walk(30)), series(walk(20, seed=1))
    windows = [window for each in (one, other) for window in windows_of(each, SIZES) if window.end <= 18]
    found = whole_series(windows)
    assert [(each.begin, each.first, each.end) for each in found] == [(0, 19, 20), (0, 19, 20)]
    assert found[0].series is one
    assert all(np.isnan(window.future).any() or window.at[-1] + SIZES.horizon <= 19 for window in windows)


def test_targets_are_what_comes_less_what_is_there() -> None:
    values = walk(12, 2)
    values[7, 1] = np.nan
    scale = Scale.learned([values], 3, 4)
    window = Window(series(values), 2, 5, 11, SIZES)
    found = window.targets(scale, 3).numpy()
    assert found.shape == (9, 3, 2)
    assert np.isnan(found[:3]).all()
    for origin in range(5, 11):
        for ahead in range(1, 4):
            for column in range(2):
                present = values[6 if (origin, column) == (7, 1) else origin, column]
                wanted = np.nan if origin + ahead > 11 else values[origin + ahead, column] - present
                np.testing.assert_allclose(
                    found[origin - 2, ahead - 1, column], wanted / scale.move[column], rtol=1e-5, equal_nan=True
                )


def test_what_comes_later_changes_no_input_by_a_bit() -> None:
    values = walk(40)
    scale = Scale.learned([values[:20]], 3, 4)
    moved = values.copy()
    moved[20:] = 1e6
    for begin in (0, 7):
        one, other = (features(some[:20], begin, scale) for some in (values, moved))
        assert torch.equal(one, other)
        whole = features(moved, begin, scale)
        assert torch.equal(whole[: 20 - begin], one)


def test_a_missing_value_is_read_as_the_one_before_and_said() -> None:
    scale = Scale(np.zeros(1), np.ones(1), np.ones(1), np.ones(1), np.zeros(1), np.zeros((1, 0)))
    found = features(np.array([[np.nan], [2.0], [np.nan], [5.0]]), 0, scale).tolist()
    assert found == [[0, 0, 1], [0, 2, 0], [0, 2, 1], [3, 5, 0]]


def test_a_calendar_goes_round() -> None:
    hours = np.arange("2024-01-01", "2024-01-15", dtype="datetime64[h]").astype("datetime64[us]")
    for cycle, period in (("day", 24), ("week", 168)):
        found = calendar(hours, cycle)
        np.testing.assert_allclose(found[period:], found[:-period], atol=1e-9)
        assert abs(found[0] - [0, 1]).max() < 1e-9
    year = calendar(np.array(["2023-01-01", "2023-07-02T12", "2024-01-01"], "datetime64[us]"), "year")
    np.testing.assert_allclose(year, [[0, 1], [0, -1], [0, 1]], atol=1e-9)


def test_naive_forecasts() -> None:
    values = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3])
    window = Window(series(values), 0, 6, 8, SIZES)
    assert last_value(window)[..., 0].tolist() == [[2, 2, 2], [6, 6, 6]]
    assert season_before(window)[..., 0].tolist() == [[1, 5, 9], [5, 9, 2]]
    np.testing.assert_allclose(drift(window)[0, :, 0], 2 + (2 - 3) / 6 * np.arange(1, 4))
    far = Window(series(values), 0, 6, 8, SIZES._replace(horizon=6))
    assert season_before(far)[0, :, 0].tolist() == [1, 5, 9, 2, 1, 5]


def test_the_last_season_grows_as_it_did() -> None:
    values = np.array([1.0, 2, 3, 4, 2, 4, 6, 8, 4, 8, 12, 16])
    whole = Window(series(values), 0, 7, 8, SIZES._replace(horizon=6))
    assert season_grown(whole)[0, :, 0].tolist() == pytest.approx([4, 8, 12, 16, 8, 16])
    fallen = Window(series(values - 20), 0, 7, 8, SIZES)
    assert season_grown(fallen)[0, :, 0].tolist() == pytest.approx(values[4:7] - 20 + 2.5)
    early = Window(series(values), 0, 6, 7, SIZES)
    assert season_grown(early)[0].tolist() == season_before(early)[0].tolist()


def test_what_goes_below_zero_rises_and_does_not_grow() -> None:
    values = np.array([-1.0, 1.1, -1, 1, 3, 2, 3, 2, 0, 0, 0])  # the mean of the first season is 0.025: growth by 100
    window = Window(series(values), 0, 7, 8, SIZES)
    assert season_grown(window)[0, :, 0].tolist() == pytest.approx(values[4:7] + 2.5 - 0.025)


def test_the_linear_model_finds_an_autoregression() -> None:
    draw = np.random.default_rng(1)
    moves = np.zeros((4000, 1))
    for t in range(2, 4000):
        moves[t] = 0.6 * moves[t - 1] - 0.3 * moves[t - 2] + draw.normal() * 0.1
    weights = solved([moves], horizon=2, lags=4, known=[np.ones_like(moves, bool)])
    np.testing.assert_allclose(weights[0, 0], [0.6, -0.3, 0, 0], atol=0.05)
    np.testing.assert_allclose(weights[0, 1], [0.6 + 0.36 - 0.3, -0.3 - 0.18, 0, 0], atol=0.1)
    said = linear(weights.astype(np.float64), moves)
    np.testing.assert_allclose(said[100, 0], weights[0, 0] @ moves[100:96:-1, 0])


def test_a_linear_model_of_one_step_goes_on_by_itself() -> None:
    weights, moves = np.array([[[0.5, 0.25]], [[1.0, 0.0]]]), walk(6, 2)
    found = linear_again(weights, moves, np.array([3, 4]), 3)
    for row, at in enumerate((3, 4)):
        past, level = list(moves[: at + 1, 0]), 0.0
        for ahead in range(3):
            past.append(0.5 * past[-1] + 0.25 * past[-2])
            level += past[-1]
            assert found[row, ahead, 0] == pytest.approx(level)
        np.testing.assert_allclose(found[row, :, 1], moves[at, 1] * np.arange(1, 4))


def test_a_column_learns_from_all_only_where_that_helps() -> None:
    draw = np.random.default_rng(0)
    moves = draw.normal(size=(2000, 2))
    for t in range(1, 2000):
        moves[t, 0] += 0.8 * moves[t - 1, 0]
    weights = solved([moves], horizon=1, lags=2, known=[np.ones_like(moves, bool)])
    np.testing.assert_allclose(weights[:, 0], [[0.8, 0], [0, 0]], atol=0.06)
    alike = np.zeros((60, 40))
    for t in range(1, 60):
        alike[t] = 0.8 * alike[t - 1] + draw.normal(size=40)
    known = [np.ones_like(alike, bool)]
    together = solved([alike], 1, 8, known)
    alone = np.concatenate([solved([alike[:, [k]]], 1, 8, [known[0][:, [k]]]) for k in range(40)])
    truth = np.eye(8)[0] * 0.8
    assert np.square(together - truth).mean() < 0.8 * np.square(alone - truth).mean()


def test_too_little_is_not_solved() -> None:
    assert not solved([walk(8)], 2, 4, [np.ones((8, 1), bool)]).any()


@pytest.mark.parametrize("spec", ["lstm(6)", "2*gru(5)", "minlstm(6)"])
@pytest.mark.parametrize("lags", [0, 1, 5])
def test_step_by_step_is_the_whole(spec: str, lags: int) -> None:
    torch.manual_seed(0)
    body: Any = parse_spec(spec).build(7)
    network = ForecastNetwork(body, Shape(4, 2, lags), Quantiles([0.1, 0.5, 0.9]), 0.0).double().eval()
    torch.nn.init.normal_(network.head.weight)
    network.linear.normal_()
    x = torch.randn(3, 9, 7, dtype=torch.float64)
    whole = network(x)
    state, steps = network.begin(3), []
    for x_t in x.unbind(1):
        said, state = network.step(x_t, state)
        steps.append(said)
    torch.testing.assert_close(torch.stack(steps, 1), whole)


def test_a_network_begins_as_the_linear_model() -> None:
    body: Any = parse_spec("gru(4)").build(3)
    network = ForecastNetwork(body, Shape(2, 1, 3), Gaussian(), 0.0).eval()
    network.linear.copy_(torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.0, 0.0]]))
    x = torch.zeros(1, 4, 3)
    x[0, :, 0] = torch.tensor([1.0, 10.0, 100.0, 1000.0])
    found = network(x)
    assert found[0, -1, :, 0, 0].tolist() == [1000 + 200 + 30, 500]
    assert not found[..., 1].any()


def test_a_scale_is_undone() -> None:
    values = np.exp(walk(50, 3) / 9)
    for logarithms in (None, np.array([True, False, True])):
        scale = Scale.learned([values], 5, 2, logarithms)._replace(effects=np.array([[1.0], [2.0], [3.0]]))
        known = walk(50, 1, seed=1)
        np.testing.assert_allclose(scale.values(scale.places(values, known), known), values)
        again = Scale.from_json(scale.to_json())
        assert all(np.array_equal(one, other) for one, other in zip(again, scale, strict=True))
    assert Scale.from_json({"mean": [0], "deviation": [1], "move": [1], "season": [1]}).effects.shape == (1, 0)
    still = Scale.learned([np.ones((9, 1))], 2, 3)
    assert (still.deviation, still.move, still.season) == (1, 1, 1)


@pytest.mark.parametrize("factor", [0.3, 1.0, 3.0])
def test_corrected_intervals_hold_what_they_promise(factor: float) -> None:
    draw = np.random.default_rng(0)
    said = quantiles_of(Gaussian(), torch.tensor([0.0, float(np.log(np.expm1(1.0)))]).expand(8000, 2, 1, 2))
    came = factor * draw.normal(size=(8000, 2, 1))
    found = Correction.learned([said[:, :4000]], [came[:4000]])
    for level in (0.025, 0.1, 0.35, 0.9, 0.975, 0.995):
        (q,) = at_levels(found.corrected(said[:, 4000:]), [level])
        assert float((came[4000:] <= q).mean()) == pytest.approx(level, abs=0.02)
    assert np.array_equal(Correction.from_json(found.to_json()).shifts, found.shifts.round(6))


def test_corrected_quantiles_never_cross() -> None:
    draw = np.random.default_rng(0)
    said = quantiles_of(Gaussian(), torch.tensor(draw.normal(size=(50, 2, 1, 2))))
    found = Correction.learned([said], [draw.normal(size=(50, 2, 1)) * 5])
    levels = [0.005, 0.05, 0.2, 0.5, 0.9, 0.97]
    assert (np.diff(at_levels(found.corrected(said), levels), axis=0) >= 0).all()


def test_other_levels_are_those_of_a_normal_variable() -> None:
    said = torch.tensor([2.0, 0.3], dtype=torch.float64).expand(3, 2, 1, 2)
    levels = [0.003, 0.033, 0.5, 0.72, 0.999]
    for level, found in zip(levels, at_levels(quantiles_of(Gaussian(), said), levels), strict=True):
        np.testing.assert_allclose(
            found, Gaussian().quantile(said, torch.tensor(level, dtype=torch.float64)), rtol=1e-6
        )
    assert len(LEVELS) == len(quantiles_of(Gaussian(), said))


def test_neighbours_are_drawn_together() -> None:
    draw = np.random.default_rng(0)
    each = np.repeat(draw.normal(size=40), 25)
    rival, errors = np.full(1000, 10.0), 10.0 + each
    alone, _ = difference_by_blocks(errors, rival, block=1)
    together, blocks = difference_by_blocks(errors, rival, block=25)
    assert blocks == 40
    assert together.high - together.low > 3 * (alone.high - alone.low)


@pytest.mark.parametrize(
    ("spacing", "season"),
    [
        (Even(3600.0), 24),
        (Even(900.0), 96),
        (Even(86_400.0), 7),
        (Workdays(), 5),
        (Months(1), 12),
        (Months(3), 4),
        (Months(12), 1),
        (Even(1.0, clock=False), 1),
        (Rows(), 1),
        (None, 1),
    ],
)
@pytest.mark.parametrize("longest", [5, 40, 144, 10_000])
def test_sizes_fit_the_series(spacing: Spacing | None, season: int, longest: int) -> None:
    sizes = sizes_for(spacing, longest, {})
    assert sizes.season == season
    assert 1 <= sizes.horizon <= max(1, longest // 8)
    assert sizes.lags <= sizes.past <= max(longest, 1024)
    assert 1 <= sizes.origins <= sizes.past
