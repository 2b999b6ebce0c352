"""What made evidence comes to: each sign by itself, just beside its threshold, and before others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seqloom.inspection.memory import ContextCurve, LagCurve
from seqloom.inspection.signs import Signs
from seqloom.inspection.verdict import Evidence, judge
from seqloom.layers import parse_spec

STEPS = 64
GATES = ("input_gate", "forget_gate", "output_gate")


def influence(rate: float) -> dict[str, LagCurve]:
    lags = np.arange(STEPS + 1)
    return {"layer 1": LagCurve(lags, rate**lags, np.zeros(STEPS + 1))}


def context(*losses: float, error: float = 0.01) -> ContextCurve:
    return ContextCurve(2 ** np.arange(len(losses)), np.array(losses), np.full(len(losses), error), "cut")


def records(*losses: float, norm: float = 0.5, update: float = 0.01) -> list[dict]:
    common = {"gradient_norm": norm, "clipped": float(norm > 1), "learning_rate": 0.5, "update_shares": {"a": update}}
    found = [{**common, "loss": loss, "highest_loss": 1.1 * loss, "loss_spikes": 1} for loss in losses]
    return [{**found[0], "first_loss": 1.4}, *found[1:]]


def gates(share: float, size: float = 1.0) -> Signs:
    return Signs({f"layers.0.{name}": share for name in GATES}, {"layers.0": 0.0}, {"layers.0": size})


LEARNED, STUCK = records(1.3, 0.5, 0.1), records(1.4, 1.39, 1.39)
USES_ALL = context(1.4, 1.4, 1.3, 1.2, 1.1, 0.8, 0.1)
USES_NOTHING = context(1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4)
HEALTHY = Evidence(
    inputs={**influence(0.99), "the model": influence(0.99)["layer 1"]},
    states=influence(0.99),
    cut=USES_ALL,
    shuffled=USES_ALL,
    signs=gates(0.1),
    records=LEARNED,
    words=parse_spec("lstm(8) + pool(last)"),
)
LOST = replace(
    HEALTHY, inputs=influence(0.8), states=influence(0.8), cut=USES_NOTHING, shuffled=USES_NOTHING, records=STUCK
)
EXPLODED = replace(HEALTHY, states=influence(1.1), records=records(1.4, 1.4, 1.3, norm=20.0))
DEAD = replace(HEALTHY, signs=Signs({}, {"layers.0": 0.6}, {}), words=parse_spec("elman(8, activation=relu)"))
FLAT = context(0.5, 0.5, 0.5)

KINDS = {
    "healthy": (HEALTHY, "healthy", ""),
    "nothing is known": (Evidence(), "healthy", ""),
    "influence is lost and nothing used": (LOST, "vanishing", "--model 'lstm(8, chrono=64) + pool(last)'"),
    "no gates, so a cell that has some": (
        replace(LOST, words=parse_spec("2*elman(8)")),
        "vanishing",
        "--model '2*lstm(8, chrono=64)'",
    ),
    "influence is lost after it was used": (replace(LOST, cut=USES_ALL, shuffled=USES_ALL), "healthy", ""),
    "influence is lost, and the loss fell": (replace(LOST, records=LEARNED, shuffled=USES_ALL), "healthy", ""),
    "only influence is known": (Evidence(inputs=influence(0.7), states=influence(0.7)), "vanishing", "memory"),
    "it lives for a third of the steps": (Evidence(inputs=influence(0.8), states=influence(0.8)), "healthy", ""),
    "states grow and gradients are long": (EXPLODED, "exploding", "--model 'lnlstm(8) + pool(last)'"),
    "without a record": (replace(EXPLODED, records=()), "exploding", "--model 'lnlstm"),
    "without gates": (
        replace(EXPLODED, words=parse_spec("esn(8, frozen=false)")),
        "exploding",
        "--model 'gru(8, chrono=64)'",
    ),
    "states grow, gradients do not": (replace(EXPLODED, records=LEARNED), "healthy", ""),
    "gradients were long in vain": (
        replace(LOST, records=[*records(1.5, norm=300.0), *records(1.4, 1.4)]),
        "exploding",
        "--model 'lnlstm",
    ),
    "states grow a little": (
        replace(EXPLODED, states=influence(1.03), records=records(1.4, 1.4, 1.3, norm=5.0)),
        "healthy",
        "",
    ),
    "gates at their ends": (replace(HEALTHY, signs=gates(0.8)), "saturated", "--model 'lnlstm(8) + pool(last)'"),
    "large inputs": (
        replace(HEALTHY, signs=gates(0.8, size=40.0)),
        "saturated",
        "--model 'norm + lstm(8) + pool(last)'",
    ),
    "one gate of three": (
        replace(HEALTHY, signs=Signs(dict(zip(GATES, (1.0, 0.2, 0.2), strict=True)), {}, {})),
        "healthy",
        "",
    ),
    "dead units": (DEAD, "dead", "--model 'elman(8)'"),
    "a few dead units": (replace(DEAD, signs=Signs({}, {"layers.0": 0.3}, {})), "healthy", ""),
    "the window ends too soon": (
        replace(HEALTHY, window=64, cut=USES_ALL),
        "too short a window",
        "--window 128",
    ),
    "the window is long enough": (
        replace(HEALTHY, window=64, cut=context(1.4, 1.0, 0.2, 0.1, 0.1, 0.11, 0.1)),
        "healthy",
        "",
    ),
    "whole rows are needed whole": (replace(HEALTHY, window=None, cut=USES_ALL), "healthy", ""),
    "the loss leaps and is no better": (
        replace(HEALTHY, records=records(9.0, 2.0, 1.4)),
        "learning rate too high",
        "--learning-rate 0.007",
    ),
    "large updates and no better": (
        replace(HEALTHY, records=records(1.5, 1.5, 1.4, update=0.3)),
        "learning rate too high",
        "--learning-rate 0.04",
    ),
    "the loss leaps and falls a little": (
        replace(HEALTHY, records=records(9.0, 2.0, 0.5)),
        "learning rate too high",
        "--learning-rate 0.007",
    ),
    "the loss leaps and is gone": (replace(HEALTHY, records=records(9.0, 2.0, 0.01)), "healthy", ""),
    "gates at their ends, and nothing left to learn": (
        replace(HEALTHY, signs=gates(0.8), records=records(1.4, 0.01)),
        "healthy",
        "",
    ),
    "what came matters, not when": (
        replace(HEALTHY, shuffled=FLAT),
        "data without order",
        "whether rows still stand",
    ),
    "no past is needed": (replace(HEALTHY, cut=FLAT, shuffled=FLAT), "data without order", "whether rows"),
    "within noise": (
        replace(HEALTHY, shuffled=context(0.7, 0.6, 0.5, error=0.1)),
        "data without order",
        "whether rows",
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds(name: str) -> None:
    evidence, kind, cure = KINDS[name]
    found = judge(evidence)
    assert found.kind == kind, found.says
    assert bool(found.cures) == (kind != "healthy")
    assert not found.cures or cure in found.cures[0].says


def test_the_cause_is_named_before_what_it_causes() -> None:
    everything = replace(LOST, signs=gates(0.9), records=records(9.0, 3.0, 1.4), states=influence(1.2))
    order = []
    for mended in (
        {"records": records(1.4, 1.4, 1.4, norm=20.0)},
        {"signs": gates(0.0)},
        {"states": influence(0.8), "records": STUCK},
        {"records": LEARNED},
    ):
        order.append(judge(everything).kind)
        everything = replace(everything, **mended)
    assert order == ["learning rate too high", "saturated", "exploding", "vanishing"]


def test_figures_are_said() -> None:
    assert "after 21 of 64 steps" in judge(LOST).says
    assert "grows 446-fold in layer 1" in judge(EXPLODED).says
    assert "60% of the units" in judge(DEAD).says
    assert "size 40" in judge(replace(HEALTHY, signs=gates(0.8, size=40.0))).says
    assert "jumped 3 times" in judge(replace(HEALTHY, records=records(9.0, 2.0, 1.4))).says


def test_gradients_that_are_clipped_are_not_to_be_clipped_again() -> None:
    leapt = replace(HEALTHY, records=records(9.0, 2.0, 1.4))
    clipped = replace(HEALTHY, records=records(9.0, 2.0, 1.4, norm=5.0))
    found = [[cure.settings.get("clip_norm") for cure in judge(one).cures] for one in (leapt, clipped, EXPLODED)]
    assert found == [[None, None, 1.0], [None, None], [None, 0.1, None]]


def test_what_ends_by_itself_has_not_vanished() -> None:
    narrow = {"layer 1": LagCurve(np.arange(65), np.array([1.0, 0.5] + [0.0] * 63), np.zeros(65))}
    assert judge(replace(LOST, inputs=narrow, shuffled=USES_ALL)).kind == "healthy"


def test_words_that_have_no_better_ones_are_cured_in_general() -> None:
    found = judge(replace(LOST, words=parse_spec("lru(8)")))
    assert found.cures[0].says == "A memory behind gates that begin open."
    assert not found.cures[0].settings
