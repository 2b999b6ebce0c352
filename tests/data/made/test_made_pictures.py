"""Made scenes and videos: what their seed says, one caption that is true, unseen combinations for testing alone."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from seqloom.data.made.files import KINDS, Example
from seqloom.data.made.moving import made_videos
from seqloom.data.made.scenes import made_scenes
from seqloom.data.made.shapes import COLOURS
from seqloom.data.pictures import read_picture, read_video


@pytest.mark.parametrize("what", [Example.CAPTIONS, Example.VIDEO])
def test_a_folder_is_what_its_seed_says(what: Example) -> None:
    found = KINDS[what].as_folder(10, 1)
    assert found == KINDS[what].as_folder(10, 1) != KINDS[what].as_folder(10, 2)
    rows = list(csv.DictReader(io.StringIO(found["captions.csv"].decode())))
    assert {row["file"] for row in rows} | {"captions.csv"} == found.keys()
    assert [row["split"] for row in rows] == ["train"] * 9 + ["test"]


def triples(caption: str) -> list[tuple[str, ...]]:
    return re.findall(
        r"a (\w+) (\w+) (at the (?:top|bottom) (?:left|right)|at the \w+|in the middle)",
        caption,
    )


def test_scenes_for_testing_have_combinations_that_no_other_has() -> None:
    scenes = made_scenes(3000, 0)
    seen = {three for one in scenes if one.split == "train" for three in triples(one.caption)}
    tested = [triples(one.caption) for one in scenes if one.split == "test"]
    assert all(any(three not in seen for three in one) for one in tested)
    words = [Counter(three[place] for three in seen) for place in range(3)]
    assert [len(counts) for counts in words] == [6, 4, 9]
    assert 0.75 < len(seen) / (6 * 4 * 9) < 6 / 7 + 0.01
    assert max(Counter(one.caption for one in scenes).values()) < 30


def test_what_the_caption_says_is_there(tmp_path: Path) -> None:
    for number, one in enumerate(made_scenes(30, 0)):
        (tmp_path / "a.png").write_bytes(one.picture)
        pixels = read_picture(tmp_path / "a.png").astype(int)
        assert pixels.shape == (64, 64, 3)
        cells = pixels[:63, :63].reshape(3, 21, 3, 21, 3).std((1, 3)).max(-1) > 15
        named = {place for _, _, place in triples(one.caption)}
        assert [(shape.colour, shape.shape) for shape in one.shapes] == [three[:2] for three in triples(one.caption)]
        for shape in one.shapes:
            assert np.abs(pixels[round(shape.y), round(shape.x)] - COLOURS[shape.colour]).max() < 20
        assert len(named) == cells.sum() == len(triples(one.caption)), number
        top = any("top" in place for place in named)
        assert cells[0].any() == top


def test_videos_move_as_they_say(tmp_path: Path) -> None:
    seen = set()
    for one in made_videos(150, 0):
        if " and " in one.caption:
            continue
        (tmp_path / "a.gif").write_bytes(one.video)
        frames = read_video(tmp_path / "a.gif").astype(float)
        assert 6 <= len(frames) <= 10
        shape = np.abs(frames - frames[0, 0, 0]).max(-1) > 40
        rows, columns = (np.array([np.argwhere(one)[:, axis].mean() for one in shape]) for axis in (0, 1))
        sizes = shape.sum((1, 2))
        found = {
            "moves left": columns[-1] < columns[0] - 8,
            "moves right": columns[-1] > columns[0] + 8,
            "moves up": rows[-1] < rows[0] - 5,
            "moves down": rows[-1] > rows[0] + 5,
            "grows": sizes[-1] > 1.5 * sizes[0],
            "shrinks": sizes[-1] < sizes[0] / 1.5,
        }
        (action,) = [name for name, is_so in found.items() if is_so] or ["stands still"]
        assert one.caption.endswith(action)
        seen.add(action)
    assert len(seen) == 7
