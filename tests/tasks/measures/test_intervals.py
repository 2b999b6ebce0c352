from __future__ import annotations

import numpy as np
import pytest

from seqloom.tasks.measures import Difference, differences, intervals, verdict
from seqloom.tasks.measures.intervals import Measure
from seqloom.tasks.measures.judged import judged_classes


def difference(rows: int, model: Measure, baseline: Measure, seed: int = 0) -> Difference:
    return differences(rows, model, {"one": baseline}, seed)["one"]


def test_the_interval_is_that_of_the_theory() -> None:
    draw = np.random.default_rng(0)
    a, b = draw.random(400) < 0.8, draw.random(400) < 0.7
    found = difference(400, lambda rows: a[rows].mean(), lambda rows: b[rows].mean())
    gap = a.astype(float) - b
    half = 1.96 * gap.std() / 20
    assert found.value == pytest.approx(gap.mean())
    assert (found.low, found.high) == pytest.approx((gap.mean() - half, gap.mean() + half), abs=0.01)
    assert found == difference(400, lambda rows: a[rows].mean(), lambda rows: b[rows].mean())
    assert found != difference(400, lambda rows: a[rows].mean(), lambda rows: b[rows].mean(), seed=1)


def test_rows_are_paired() -> None:
    draw = np.random.default_rng(0)
    hard = draw.normal(size=100)
    found = difference(100, lambda rows: hard[rows].mean() + 0.1, lambda rows: hard[rows].mean())
    assert tuple(found) == pytest.approx((0.1, 0.1, 0.1))


def test_a_figure_that_some_draws_do_not_have() -> None:
    def of(rows: object) -> float:
        return float("nan") if np.min(rows) > 0 else 0.25

    assert tuple(difference(3, of, lambda rows: 0.0)) == (0.25, 0.25, 0.25)
    assert np.isnan(difference(3, lambda rows: float("nan"), lambda rows: 0.0).low)


def test_many_rows_are_drawn_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "_READ", 10_000)
    for rows, wanted in ((1, 1000), (20, 500), (100, 200)):
        read = []
        differences(rows, lambda some: float(len(read.append(len(some)) or read)), {})  # noqa: B023
        assert len(read) == wanted + 1


SURE, UNSURE, WORSE = Difference(0.2, 0.1, 0.3), Difference(0.05, -0.1, 0.2), Difference(-0.1, -0.2, -0.05)


@pytest.mark.parametrize(
    ("differences", "words"),
    [
        ({}, ""),
        ({"a": SURE, "b": Difference(0.1, 0.05, 0.2)}, "The best baseline, b, is beaten: accuracy +0.100"),
        (
            {"a": SURE, "b": UNSURE},
            "The best baseline, b, is not beaten outside its interval: accuracy +0.050 (95 %: -0.100 to +0.200).",
        ),
        (
            {"a": UNSURE, "b": Difference(-0.1, -0.3, 0.1)},
            "No baseline is beaten outside its interval. To the best, b: accuracy -0.100",
        ),
        (
            {"a": UNSURE, "b": WORSE},
            "A baseline, b, is better than the model: accuracy -0.100 (95 %: -0.200 to -0.050).",
        ),
        (
            {"a": Difference(-0.12, -0.3, 0.1), "b": WORSE, "c": SURE},
            "A baseline, b, is better than the model: accuracy -0.100",
        ),
    ],
)
def test_a_sentence_says_what_is_beaten(differences: dict[str, Difference], words: str) -> None:
    assert verdict("accuracy", differences).startswith(words)
    turned = {name: Difference(-value, -high, -low) for name, (value, low, high) in differences.items()}
    assert verdict("log_loss", turned, higher_is_better=False).startswith(words[:30].partition(":")[0])


def test_where_nothing_is_right_it_is_said() -> None:
    tie, better = Difference(0.0, 0.0, 0.0), Difference(0.0, -0.1, 0.1)
    for reached, beside, said in (
        (0.0, {"a": tie, "b": tie}, "Neither the model nor a baseline got one right: accuracy 0.000."),
        (0.0, {"a": tie, "b": Difference(-0.1, -0.2, 0.0)}, "No baseline is beaten outside its interval."),
        (0.5, {"a": better}, "No baseline is beaten outside its interval."),
    ):
        assert verdict("accuracy", beside, reached=reached).startswith(said)
    assert "right" not in verdict("log_loss", {"a": tie}, higher_is_better=False, reached=0.0)
    assert judged_classes(["b"] * 4, [[0.9, 0.1]] * 4, ["a", "b"], {"majority": [[0.8, 0.2]] * 4}).verdict.startswith(
        "Neither the model nor a baseline got one right: macro f1"
    )
