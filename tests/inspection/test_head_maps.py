"""Maps of attention over inputs of any length: what is drawn still adds up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqloom.errors import UsageError
from seqloom.inspection.head_maps import HeadMaps, aggregated, draw_heads, draw_part, part_around

DRAWN = np.random.default_rng(0)


def _attention(heads: int, time: int, steps: int) -> np.ndarray:
    """Weights (N, T, S) whose rows add up to 1."""
    drawn = DRAWN.exponential(size=(heads, time, steps))
    return drawn / drawn.sum(-1, keepdims=True)


@pytest.mark.parametrize(
    ("time", "steps"), [(2000, 2000), (7, 7), (128, 128), (129, 128), (1, 1000), (1000, 1), (257, 300)]
)
def test_rows_of_cells_add_up_to_one(time: int, steps: int) -> None:
    weights = _attention(1, time, steps)
    found = aggregated(weights)
    assert max(found.weights.shape[1:]) <= 128
    np.testing.assert_allclose(found.weights.sum(-1), 1)
    row, column = (time - 1) // 2, steps // 3
    cell = (slice(row // found.rows * found.rows, (row // found.rows + 1) * found.rows), ...)
    inside = slice(column // found.columns * found.columns, (column // found.columns + 1) * found.columns)
    expected = weights[0][cell][:, inside].sum(1).mean()
    assert found.weights[0, row // found.rows, column // found.columns] == pytest.approx(expected)


def test_signed_maps_keep_their_sums() -> None:
    weights = DRAWN.normal(size=(3, 500, 500))
    found = aggregated(weights)
    np.testing.assert_allclose(found.weights.sum(-1)[:, 0], weights[:, : found.rows].sum(-1).mean(-1))


def test_nothing_is_nothing() -> None:
    assert aggregated(np.zeros((2, 0, 0))).weights.shape == (2, 0, 0)


def test_a_part_holds_what_the_step_looks_at() -> None:
    weights = np.full((2, 300, 500), 1e-6)
    weights[:, 200, 77] = 0.9
    maps = HeadMaps("a", weights, [f"r{k}" for k in range(300)], [f"c{k}" for k in range(500)])
    part = part_around(maps, 200)
    assert part.weights.shape == (24, 40)
    assert part.weights[200 - part.first_row, 77 - part.first_column] == pytest.approx(0.9)
    assert part.share > 0.99
    assert part_around(maps, -100)[1:3] == part[1:3]
    assert part_around(maps).first_row == 276
    small = HeadMaps("a", _attention(1, 3, 5), "abc", "abcde")
    assert part_around(small).weights.shape == (3, 5)
    assert part_around(small).share == pytest.approx(1)
    with pytest.raises(UsageError, match="one of 0 … 2, or -1 for the last; got 3"):
        part_around(small, 3)


def test_heads_and_parts_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    weights = _attention(12, 150, 140)
    names = [f"$n${k}" for k in range(150)]
    maps = HeadMaps("layers.0", weights, names[: weights.shape[1]], names[: weights.shape[2]])
    draw_heads(maps, tmp_path / "heads.png")
    draw_part(maps, part_around(maps, 3), 3, tmp_path / "part.png")
    assert 5_000 < (tmp_path / "heads.png").stat().st_size < 400_000
    assert 5_000 < (tmp_path / "part.png").stat().st_size < 200_000


def test_zero_is_white_and_signs_differ(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    weights = np.zeros((1, 3, 3))
    weights[0, 0, 0], weights[0, 2, 2] = 1.0, -1.0
    draw_part(
        HeadMaps("a", weights, "abc", "abc"), part_around(HeadMaps("a", weights, "abc", "abc")), -1, tmp_path / "a.png"
    )
    pixels = imread(tmp_path / "a.png")[..., :3]
    blue = (pixels[..., 2] - pixels[..., 0] > 0.25).sum()
    orange = (pixels[..., 0] - pixels[..., 2] > 0.25).sum()
    assert blue > 300
    assert orange > 300
    assert (pixels.min(-1) == 1).mean() > 0.5


def test_where_all_weights_are_alike_nothing_is_black(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    maps = HeadMaps("a", np.full((1, 40, 40), 1 / 40), [""] * 40, [""] * 40)
    draw_part(maps, part_around(maps), -1, tmp_path / "a.png")
    pixels = imread(tmp_path / "a.png")[..., 0]
    assert 0.3 < np.median(pixels) < 0.9
