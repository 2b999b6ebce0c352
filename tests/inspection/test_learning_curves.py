"""Learning curves: what is drawn where, read back from the axes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seqloom.inspection.learning_curves import Curve, Panel, draw_learning_curves

figures_of = pytest.importorskip("matplotlib.figure")


def test_panels_stand_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures: list[Any] = []
    save = figures_of.Figure.savefig
    monkeypatch.setattr(figures_of.Figure, "savefig", lambda self, *rest: (figures.append(self), save(self, *rest)))
    curves = [Curve("gru", [(1, 0.5), (2, 0.0)]), Curve("gru", [(1, 0.4)]), Curve("lstm", [(1, 0.3)])]
    panels = [Panel("loss", 0.25, curves), Panel("right", 0.5, curves, share=True)]
    draw_learning_curves(panels, "a probe", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    left, right = figures[0].axes
    assert (left.get_yscale(), right.get_yscale()) == ("log", "linear")
    assert left.lines[0].get_ydata()[0] == 0.25
    assert list(left.lines[1].get_ydata()) == [0.5, 1e-8]
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["trivial 0.25", "gru", "lstm"]
    assert left.lines[1].get_color() == left.lines[2].get_color() != left.lines[3].get_color()
    assert left.get_ylim()[0] <= 0.025
