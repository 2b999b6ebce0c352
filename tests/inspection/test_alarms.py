"""The picture of a watched stream: what came above, statistics with their levels below, alarms through both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.inspection.alarms import draw_alarms

figures_of = pytest.importorskip("matplotlib.figure")


def test_values_statistics_levels_and_alarms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures: list[Any] = []
    save = figures_of.Figure.savefig
    monkeypatch.setattr(figures_of.Figure, "savefig", lambda self, *rest: (figures.append(self), save(self, *rest)))
    came, nats = np.array([0.0, np.nan, 2.0, 3.0]), np.array([np.nan, 1.0, 5.0, -1.0])
    draw_alarms({"heat": came}, {"surprise": nats, "drift": 0 * came}, {"surprise": 4.0, "drift": 9.0}, {
        "surprise": [2], "drift": []
    }, tmp_path / "a.png")  # fmt: skip
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    above, below, last = figures[0].axes
    assert [axes.get_ylabel() for axes in (above, below, last)] == ["heat", "surprise", "drift"]
    np.testing.assert_array_equal(above.lines[0].get_ydata(), came)
    assert [line.get_xdata()[0] for line in above.lines[1:]] == [2]
    level, alarm = below.lines[1:]
    assert list(level.get_ydata()) == [4.0, 4.0]
    assert list(alarm.get_xdata()) == [2, 2]
    assert [list(line.get_ydata()) for line in last.lines[1:]] == [[9.0, 9.0]]
    assert below.get_ylim()[0] <= -1
