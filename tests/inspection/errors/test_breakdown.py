"""Costs taken apart: the parts add up to the whole, however items are told apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqloom.errors import UsageError
from seqloom.inspection.errors import Breakdown, broken_down
from seqloom.inspection.errors.breakdown import by_doubling, by_quarters, draw_breakdowns

DRAWN = np.random.default_rng(0)
COSTS, SIMPLE = DRAWN.exponential(size=500), DRAWN.exponential(size=500)
NUMBERS = DRAWN.integers(0, 300, 500)
WAYS: dict[str, Callable[[], Breakdown]] = {
    "kinds": lambda: broken_down("kind", [f"k{n % 7}" for n in NUMBERS], COSTS, "nats", {"simple": SIMPLE}),
    "doubling": lambda: by_doubling("place", NUMBERS, COSTS, "nats", {"simple": SIMPLE}),
    "quarters": lambda: by_quarters("length", NUMBERS, COSTS, "nats", {"simple": SIMPLE}),
    "one value": lambda: by_quarters("length", np.ones(500), COSTS, "nats", {"simple": SIMPLE}),
    "few values": lambda: by_doubling("place", NUMBERS % 2, COSTS, "nats", {"simple": SIMPLE}),
}


@pytest.mark.parametrize("way", WAYS)
def test_parts_add_up_to_the_whole(way: str) -> None:
    found = WAYS[way]()
    assert found.counts.sum() == 500
    assert found.costs.sum() == pytest.approx(COSTS.sum())
    assert found.beside["simple"].sum() == pytest.approx(SIMPLE.sum())
    assert found.shares.sum() == pytest.approx(1)
    assert found.counts.min() > 0
    assert len(set(found.names)) == len(found.names)


def test_ranges_hold_what_their_names_say() -> None:
    for found, least in ((WAYS["doubling"](), 10), (WAYS["quarters"](), 100)):
        assert len(found.names) > 3
        for name, count in zip(found.names, found.counts, strict=True):
            low, _, high = name.partition("–")
            inside = (int(low) <= NUMBERS) & (int(high or low) >= NUMBERS)
            assert inside.sum() == count >= least


def test_nothing_costs_nothing() -> None:
    assert broken_down("kind", ["a", "b"], [0, 0], "nats").shares.tolist() == [0, 0]
    assert by_quarters("length", [], [], "nats").names == ()
    assert by_doubling("place", [], [], "nats").names == ()


def test_kinds_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="There are 1 kinds and 2 costs"):
        broken_down("kind", ["a"], [1.0, 2.0], "nats")


def test_they_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    draw_breakdowns([WAYS["kinds"](), broken_down("$x$", ["\n", "z" * 99], [0, 0], "nats")], tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 5000
    with pytest.raises(UsageError, match="there is no folder"):
        draw_breakdowns([], tmp_path / "no" / "a.png")
