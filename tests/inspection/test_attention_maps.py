"""Maps of attention over pictures of any shape and over videos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqloom.data.pictures import read_picture
from seqloom.errors import UsageError
from seqloom.inspection.attention_maps import draw_attention


@pytest.mark.parametrize("shape", [(1, 30, 120, 3), (1, 64, 64, 1), (3, 80, 20, 3)])
def test_each_token_has_a_map(tmp_path: Path, shape: tuple[int, ...]) -> None:
    frames, weights = np.zeros(shape, np.uint8), np.zeros((8, shape[0], 2, 3))
    weights[:, -1, 0, 1] = 1
    draw_attention(frames, ["a"] * 7 + ["<eos>"], weights, tmp_path / "a.png")
    drawn = read_picture(tmp_path / "a.png")
    assert (drawn[..., 0] > drawn[..., 2].astype(int) + 20).sum() > 8 * 100
    assert drawn.shape[0] / drawn.shape[1] == pytest.approx(min(2, shape[1] / shape[2]) / 3 + 0.1, abs=0.05)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        draw_attention(np.zeros((1, 4, 4, 1), np.uint8), ["a"], np.ones((1, 1, 2, 2)), tmp_path / "no" / "a.png")
