"""Probabilities that are what they say, and others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqloom.inspection.errors import reliability
from seqloom.inspection.errors.reliability import draw_reliability


def test_answers_as_sure_as_right_have_next_to_no_error() -> None:
    drawn = np.random.default_rng(0)
    sure = drawn.uniform(0.5, 1.0, 50_000)
    right = drawn.uniform(size=50_000) < sure
    assert reliability(sure, right).error < 0.01
    assert reliability(np.minimum(1.0, sure + 0.2), right).too_sure > 0.1
    assert reliability(np.full(50_000, 0.5), right).too_sure == pytest.approx(-0.25, abs=0.01)


def test_the_error_is_that_of_its_formula() -> None:
    drawn = np.random.default_rng(1)
    sure, right = drawn.uniform(size=300), drawn.integers(0, 2, 300)
    found, expected = reliability(sure, right, 10), 0.0
    for low in np.arange(10) / 10:
        inside = (sure >= low) & (sure < low + 0.1)
        expected += inside.sum() / 300 * abs(right[inside].mean() - sure[inside].mean())
    assert found.error == pytest.approx(expected)
    assert found.counts.sum() == 300


def test_no_answers_have_no_error() -> None:
    assert reliability([], []).error == reliability([], []).too_sure == 0


def test_it_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    draw_reliability({"a $x$": reliability([0.9, 1.0], [0, 1]), "b": reliability([], [])}, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 5000
