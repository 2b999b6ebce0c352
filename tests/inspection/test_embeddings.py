"""Vectors of tokens: who is near whom, how different all are, and a map that can be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqloom.errors import UsageError
from seqloom.inspection.embeddings import TokenVectors, apart, draw_map, nearest, principal_plane, spread

DRAWN = np.random.default_rng(0)


def _groups() -> TokenVectors:
    """Ten groups of five tokens each, "0a" to "9e"; those of a group lie together."""
    centres = DRAWN.normal(size=(10, 16)).repeat(5, 0)
    names = [f"{group}{letter}" for group in range(10) for letter in "abcde"]
    return TokenVectors("words", names, centres + 0.1 * DRAWN.normal(size=centres.shape), range(50))


def test_the_nearest_are_those_of_the_group() -> None:
    tokens = _groups()
    for one in nearest(tokens, range(50), 4):
        assert {name[0] for name, _ in one.near} == {one.token[0]}
        cosines = [cosine for _, cosine in one.near]
        assert cosines == sorted(cosines, reverse=True)
        assert one.token not in [name for name, _ in one.near]
    assert len(nearest(tokens, tokens.places(["3c"]), 99)[0].near) == 49
    with pytest.raises(UsageError, match="no token '3f' among the words"):
        tokens.places(["3f"])


def test_one_hot_vectors_are_all_different_and_groups_are_not() -> None:
    one_hot, drawn, groups = spread(np.eye(50)), spread(DRAWN.normal(size=(50, 16))), spread(_groups().vectors)
    assert one_hot.nearest == 0
    assert one_hot.dimensions == pytest.approx(50)
    assert drawn.nearest == pytest.approx(drawn.by_chance, abs=0.1)
    assert groups.nearest > 0.9 > groups.by_chance
    assert groups.dimensions < 10
    with pytest.raises(UsageError, match="got 1"):
        spread(np.ones((1, 3)))


def test_the_plane_is_that_of_the_largest_variance() -> None:
    flat = DRAWN.normal(size=(40, 2)) @ DRAWN.normal(size=(2, 7))
    places, share = principal_plane(flat + 3)
    assert share == pytest.approx(1)
    distances = [np.linalg.norm(x[:, None] - x[None], axis=-1) for x in (flat, places)]
    assert np.allclose(*distances)
    assert principal_plane(np.ones((3, 4)))[1] == 0
    assert principal_plane(np.array([[1.0], [2.0]]))[0][:, 1].tolist() == [0, 0]


def test_names_that_are_kept_do_not_overlap() -> None:
    lower = DRAWN.uniform(0, 10, (200, 2))
    boxes = np.concatenate([lower, lower + DRAWN.uniform(0.1, 1, (200, 2))], 1)
    kept = boxes[apart(boxes)]
    assert 20 < len(kept) < 150
    wide = np.minimum(kept[:, None, 2:], kept[None, :, 2:]) - np.maximum(kept[:, None, :2], kept[None, :, :2])
    overlaps = (wide > 0).all(-1)
    assert overlaps.sum() == len(kept)  # each with itself


def test_a_map_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    tokens = TokenVectors("words", ["$a$", "\n", "x" * 40, "更"], DRAWN.normal(size=(4, 1)), range(4))
    draw_map(tokens, tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 3000
