"""Coloured texts: lines, what cannot be seen, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from seqloom.errors import UsageError
from seqloom.inspection.coloured import _placed, draw_coloured


def test_pieces_are_placed_on_lines():
    assert _placed(["ab\n", "c", "\t"]) == [(0, 0, "ab¶"), (1, 0, "c"), (1, 1, "·")]
    assert _placed(["x" * 50, "y" * 50]) == [(0, 0, "x" * 50), (1, 0, "y" * 50)]
    assert len(_placed(["a\n"] * 100)) == 60


def test_a_text_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    draw_coloured(["$x$ ", "no\n", "更"], np.array([1.0, -2.0, 0.0]), "for", tmp_path / "text.png")
    assert (tmp_path / "text.png").stat().st_size > 1000
    with pytest.raises(UsageError, match="3 pieces and 2 values"):
        draw_coloured(["a", "b", "c"], np.zeros(2), "for", tmp_path / "text.png")
