"""Levels from held-out steps: what is promised of false alarms, what rings for which fault, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from seqloom.errors import DataError, ModelFileError, UsageError
from seqloom.tasks.watching.calibration import Calibration
from seqloom.tasks.watching.statistics import Usual, statistics_for
from seqloom.tasks.watching.surprise import Observed, Surprise, SurpriseStream
from seqloom.tasks.watching.watcher import Watcher

Change = Callable[[int, Any], Any]


class Told(SurpriseStream):
    """A stream whose steps are told what they are."""

    columns = ("a", "b")

    def push(self, observation: Any) -> Surprise | None:
        return observation

    def line(self, text: str) -> list[Observed]:
        return [Observed(text, Surprise(float(text)))]

    def reset(self) -> None:
        pass


def numbers(count: int, seed: int, change: Change = lambda step, z: z) -> list[Surprise]:
    """Steps of two columns that are N(0, 1) given all before, but for a change of the residuals at some steps."""
    draw = np.random.default_rng(seed)
    found = []
    for step in range(count):
        z = np.asarray(change(step, draw.normal(size=2)), np.float64)
        found.append(Surprise(float(0.5 * (z**2).sum()), 1, z, z + draw.normal(size=2), z))
    return found


def tokens(count: int, seed: int) -> list[Surprise]:
    """Lines of some tokens, whose surprise has a heavy tail."""
    draw = np.random.default_rng(seed)
    return [Surprise(float(parts * draw.pareto(1.5)), int(parts)) for parts in draw.integers(1, 20, size=count)]


def rings(calibration: Calibration, rate: float, steps: Iterable[Surprise]) -> Iterator[tuple[str, ...]]:
    watcher = Watcher(Told(), calibration, rate)
    return (tuple(alarm.statistic for alarm in watcher.push(step).alarms) for step in steps)


@pytest.mark.parametrize("make", [numbers, tokens])
def test_exchangeable_steps_ring_no_more_often_than_promised(make: Callable[..., list[Surprise]]) -> None:
    for rate in (0.01, 0.05):
        shares = []
        for seed in range(6):
            calibration = Calibration.learned([make(500, seed)])
            shares.append(np.mean([bool(one) for one in rings(calibration, rate, make(400, 100 + seed))]))
        assert rate / 5 < np.mean(shares) <= rate


def test_a_level_is_the_conformal_quantile() -> None:
    steps = [Surprise(float(nats)) for nats in np.random.default_rng(0).permutation(1999)]
    calibration = Calibration.learned([steps])
    assert list(calibration.values) == ["surprise", "burst"]
    for rate in (0.001, 0.004, 0.2, 0.9):
        smallest = int(np.ceil(round(2000 * (1 - rate / 2), 6)))
        level = calibration.levels(rate)["surprise"]
        assert smallest - 1 <= level <= smallest - 1 + 0.05 * (2000 - smallest), rate
    assert calibration.levels(0.2)["surprise"] == 2000 * 0.9 - 1


def test_a_rate_for_which_there_are_too_few_steps() -> None:
    calibration = Calibration.learned([numbers(399, 0)])
    with pytest.raises(
        UsageError, match=r"0\.001 needs 3,999 held-out steps, for 4 statistics share it; there are 399"
    ):
        calibration.levels(0.001)
    assert calibration.least == 0.01
    assert Watcher(Told(), calibration).rate == 0.01
    assert "At most 0.01 false alarms are expected per step" in str(Watcher(Told(), calibration))
    for wrong in (0, 1, -0.1, 2.0, float("nan")):
        with pytest.raises(UsageError, match="rate: expected a share of steps between 0 and 1"):
            calibration.levels(wrong)


@pytest.mark.parametrize(
    ("change", "statistic", "column", "within"),
    [
        (lambda step, z: z + (step == 300) * np.array([0, 6]), "surprise", None, 1),
        (lambda step, z: z + (step >= 300) * np.array([0, 1.0]), "drift", "b", 60),
        (lambda step, z: z - (step >= 300) * np.array([1.0, 0]), "drift", "a", 60),
        (lambda step, z: z * (2 if step >= 300 else 1), "burst", None, 30),
    ],
)
def test_each_fault_rings_its_own_statistic(change: Change, statistic: str, column: str | None, within: int) -> None:
    watcher = Watcher(Told(), Calibration.learned([numbers(2000, 0)]), 0.01)
    steps = watcher.over(numbers(300 + within, 2, change))
    assert (statistic, column) in {(one.statistic, one.column) for step in steps[300:] for one in step.alarms}


def test_what_is_stuck_rings_again_until_it_moves() -> None:
    watcher = Watcher(Told(), Calibration.learned([numbers(2000, 0)]), 0.01)
    still = Surprise(1.0, 1, np.zeros(2), np.array([0.0, 1.0]), np.zeros(2))
    steps = watcher.over([still] * 12)
    alarms = [place for place, step in enumerate(steps) if "stuck" in {one.statistic for one in step.alarms}]
    apart = int(watcher.levels["stuck"]) + 1
    assert alarms == list(range(apart - 1, 12, apart))
    assert str(steps[alarms[0]].alarms[-1]) == "stuck of a"


def test_missing_values_change_nothing() -> None:
    usual = Usual.learned(numbers(500, 0))
    drift, stuck = (one for one in statistics_for(usual) if one.name in ("drift", "stuck"))
    gone = Surprise(0.3, 1, *[np.array([np.nan, 0.0])] * 3)
    for statistic in (drift, stuck):
        before = statistic.push(Surprise(0.3, 1, np.ones(2), np.zeros(2), np.ones(2))).copy()
        assert statistic.push(gone)[0] == before[0] > 0


def test_steps_that_cannot_be_judged_do_not_count() -> None:
    unsettled = Surprise(99.0, settled=False)
    steps: Sequence[Surprise | None] = [None, unsettled, *(Surprise(float(k)) for k in range(9))]
    calibration = Calibration.learned([steps])
    assert calibration.steps == 9
    watcher = Watcher(Told(), calibration)
    assert [(step.label, step.surprise) for step in watcher.line("7")] == [("7", 7.0)]
    assert [watcher.push(one).judged for one in (None, unsettled, Surprise(99.0))] == [False, False, True]
    with pytest.raises(DataError, match="no step that alarms could be calibrated by"):
        Calibration.learned([[None, unsettled]])


def test_a_column_of_which_nothing_is_known_is_quiet() -> None:
    steps = [Surprise(1.0, 1, *[np.array([np.nan, z])] * 3) for z in np.random.default_rng(0).normal(size=200)]
    calibration = Calibration.learned([steps])
    assert not any(rings(calibration, 0.1, [Surprise(1.0, 1, *[np.array([np.nan, 0.3])] * 3)]))


def test_a_reset_forgets() -> None:
    watcher = Watcher(Told(), Calibration.learned([numbers(2000, 0)]), 0.01)
    first = [dict(step.statistics) for step in watcher.over(numbers(50, 3))]
    watcher.reset()
    assert [dict(step.statistics) for step in watcher.over(numbers(50, 3))] == first


@pytest.mark.parametrize("make", [numbers, tokens])
def test_a_calibration_survives_json(make: Callable[..., list[Surprise]]) -> None:
    calibration = Calibration.learned([make(3000, 0)])
    text = json.dumps(calibration.to_json())
    again = Calibration.from_json(json.loads(text))
    assert again.levels(0.01) == calibration.levels(0.01)
    assert list(rings(again, 0.01, make(200, 5))) == list(rings(calibration, 0.01, make(200, 5)))
    assert len(text) < 40_000


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.pop("usual"),
        lambda data: data.update(steps="many"),
        lambda data: data["values"].pop("burst"),
        lambda data: data["ranks"]["burst"].pop(),
        lambda data: data["usual"].update(mean=None),
    ],
)
def test_a_damaged_calibration_is_named(damage: Callable[[dict[str, Any]], Any]) -> None:
    data = json.loads(json.dumps(Calibration.learned([tokens(100, 0)]).to_json()))
    damage(data)
    with pytest.raises(ModelFileError, match=r"config\.json is damaged: its calibration"):
        Calibration.from_json(data)


def test_a_model_that_kept_nothing() -> None:
    with pytest.raises(UsageError, match="--calibrate FILE"):
        Calibration.from_json(None)
