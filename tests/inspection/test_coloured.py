"""Coloured texts: lines, what cannot be seen, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from seqloom.errors import UsageError
from seqloom.inspection import coloured
from seqloom.inspection.coloured import _placed, draw_coloured
from seqloom.inspection.picture import new_figure


def test_pieces_are_placed_on_lines():
    assert _placed(["ab\n", "c", "\t"]) == [(0, 0, 0, "ab¶"), (1, 1, 0, "c"), (2, 1, 1, "·")]
    assert _placed(["x" * 50, "y" * 50]) == [(0, 0, 0, "x" * 50), (1, 1, 0, "y" * 50)]
    assert _placed(["a\n\n  b", ""]) == [(0, 0, 0, "a¶"), (0, 1, 0, "¶"), (0, 2, 0, "  b"), (1, 2, 3, "·")]
    assert _placed(["ab", "x" * 170]) == [
        (0, 0, 0, "ab"),
        (1, 1, 0, "x" * 80),
        (1, 2, 0, "x" * 80),
        (1, 3, 0, "x" * 10),
    ]
    assert len(_placed(["a\n"] * 100)) == 60


def test_what_is_left_out_is_said(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    titles = []
    monkeypatch.setattr(coloured, "new_figure", lambda size, title: titles.append(title) or new_figure(size, title))
    draw_coloured(["a\n"] * 70, np.linspace(-1, 1, 70), "unit 3", tmp_path / "long.png", np.arange(70) > 30)
    assert titles[-1] == "unit 3 … and 20 characters more"


def test_a_text_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    draw_coloured(["$x$ ", "no\n", "更"], np.array([1.0, -2.0, 0.0]), "for", tmp_path / "text.png")
    assert (tmp_path / "text.png").stat().st_size > 1000
    with pytest.raises(UsageError, match="3 pieces and 2 values"):
        draw_coloured(["a", "b", "c"], np.zeros(2), "for", tmp_path / "text.png")
