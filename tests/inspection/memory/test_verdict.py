"""What curves come to, in words."""

from __future__ import annotations

import numpy as np
import pytest

from seqloom.inspection.memory import ContextCurve, LagCurve, verdict_on_memory


def curve(rate: float, steps: int = 100) -> LagCurve:
    lags = np.arange(steps + 1)
    return LagCurve(lags, rate**lags, np.zeros(steps + 1))


def context(losses: list[float]) -> ContextCurve:
    return ContextCurve(2 ** np.arange(len(losses)), np.array(losses), np.full(len(losses), 0.01), "cut")


@pytest.mark.parametrize(
    ("rate", "kind"), [(0.5, "vanishing"), (0.99, "healthy"), (1.0, "healthy"), (1.1, "exploding")]
)
def test_kinds(rate, kind):
    found = verdict_on_memory({"layer 1": curve(rate), "the model": curve(rate)}, {"layer 1": curve(rate)})
    assert found.kind == kind
    assert bool(found.cures) == (kind != "healthy")


def test_the_layer_and_the_figure_are_named():
    curves = {"layer 1": curve(0.99), "layer 2": curve(0.5), "the model": curve(0.5)}
    assert (
        "vanishes in layer 2: after 7 of 100 steps"
        in verdict_on_memory(curves, {name: one for name, one in curves.items() if name != "the model"}).says
    )


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([3.0, 2.0, 1.01, 1.0], "the last 4 steps"),
        ([3.0, 2.5, 2.0, 1.0], "all 8 steps"),
        ([1.0, 1.0, 1.0, 1.0], "makes no difference"),
    ],
)
def test_what_is_used_is_said_beside_it(losses, said):
    curves = {"layer 1": curve(0.99), "the model": curve(0.99)}
    assert said in verdict_on_memory(curves, {"layer 1": curves["layer 1"]}, context(losses)).says


@pytest.mark.parametrize(
    ("losses", "kind"), [([3.0, 1.0, 1.0, 1.0, 1.0], "healthy"), ([3.0, 2.9, 2.7, 2.0, 1.0], "vanishing")]
)
def test_what_is_forgotten_after_it_was_used_has_not_vanished(losses, kind):
    curves = {"layer 1": curve(0.7), "the model": curve(0.7)}
    assert verdict_on_memory(curves, {"layer 1": curves["layer 1"]}, context(losses)).kind == kind


def test_layers_without_a_state_see_as_far_as_they_were_made_to():
    narrow = LagCurve(np.arange(101), np.array([1.0, 0.5] + [0.0] * 99), np.zeros(101))
    found = verdict_on_memory(
        {"layer 1": narrow, "the model": LagCurve(np.arange(101), np.arange(1.0, 102), np.zeros(101))}, {}
    )
    assert (found.kind, found.cures) == ("healthy", ())
    assert "No layer keeps a state" in found.says
