"""Folders of pictures, read lazily."""

from __future__ import annotations

import resource
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seqloom.data.pictures import find_pictures
from seqloom.data.pictures.decoding import Header
from seqloom.data.pictures.fitting import fitted
from seqloom.data.pictures.pictures import usual_size
from seqloom.errors import DataError
from seqloom.testing.estimators.fresh import in_a_new_process
from tests.data.pictures.files import FILES


def folder_of(place: Path, **files: bytes) -> Path:
    for name, content in files.items():
        path = place / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return place


def test_folders_are_labels_and_all_become_of_one_size(tmp_path: Path) -> None:
    folder_of(
        tmp_path,
        **{f"one__{name}": content for name, content in FILES.items()},
        **{"two__a.png": FILES["grey.png"], "two__notes.txt": b"words", "README.md": b"about"},
    )
    found = find_pictures(tmp_path)
    assert found.labels == ["one"] * len(FILES) + ["two"]
    assert found.channels == 3
    assert [one for one in found.remarks if "left out" in one] == ["2 no pictures left out"]
    assert "2 animated pictures: the first frame is read" in found.remarks
    pixels = found.pixels((8, 8), 3)
    assert {one.shape for one in pixels} == {(8, 8, 3)}
    assert list(find_pictures(tmp_path / "one" / "rgb.png").names) == ["rgb.png"]


def test_labels_stand_in_a_table_beside_the_files(tmp_path: Path) -> None:
    folder_of(tmp_path, **{"a.png": FILES["grey.png"], "b.png": FILES["grey.png"]})
    assert find_pictures(tmp_path).labels is None
    (tmp_path / "labels.csv").write_text("file,label\na.png,1.5\nb.png,2\n")
    found = find_pictures(tmp_path)
    assert found.channels == 1
    assert found.numbers() == [1.5, 2.0]
    assert [*found.written({"prediction": [1, 2]})] == ["picture,prediction\n", "a.png,1\n", "b.png,2\n"]


def test_all_that_is_damaged_is_named_at_once(tmp_path: Path) -> None:
    broken = {"a__1.png": b"", "a__2.jpg": b"text", "b__3.png": FILES["rgb.png"]}
    with pytest.raises(DataError, match=r"2 problems(.|\n)*a/1\.png: is empty(.|\n)*a/2\.jpg: is no picture"):
        find_pictures(folder_of(tmp_path / "first", **broken))
    cut = {"a__1.jpg": FILES["rgb.jpg"][:-40], "a__2.png": FILES["rgb.png"], "b__3.png": FILES["rgb.png"][:200]}
    found = find_pictures(folder_of(tmp_path / "second", **cut))
    with pytest.raises(DataError, match=r"2 problems(.|\n)*a/1\.jpg(.|\n)*b/3\.png"):
        found.check(found.pixels((4, 4), 3))


def test_damaged_headers_and_damaged_pixels_are_one_list(tmp_path: Path) -> None:
    files = {"1.png": b"", "2.jpg": FILES["rgb.jpg"][:-40], "3.png": FILES["rgb.png"], "4.png": FILES["rgb.png"][:200]}
    with pytest.raises(DataError, match=r"3 problems(.|\n)*1\.png: is empty(.|\n)*2\.jpg(.|\n)*4\.png") as caught:
        find_pictures(folder_of(tmp_path / "mixed", **files))
    assert "3.png" not in str(caught.value)


def memory_of(path: Path) -> float:
    """How many MB a picture takes beyond what is there before."""
    found = find_pictures(path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found.check(found.pixels((64, 64), 3))
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss")
@pytest.mark.parametrize("mode", ["RGBA", "LA", "I;16", "P", "CMYK"])
def test_as_many_pixels_as_there_may_be_take_little_memory(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("large.tif" if mode == "CMYK" else "large.png")
    Image.new(mode, (7000, 7000)).save(path, **({"transparency": 0} if mode == "P" else {}))
    assert in_a_new_process(partial(memory_of, path)) < 500


def test_few_are_kept_and_many_are_decoded_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_pictures(folder_of(tmp_path, **{"a.png": FILES["rgb.png"]}))
    kept = found.pixels((4, 4), 3)
    assert kept[0] is kept[0]
    monkeypatch.setattr("seqloom.data.pictures.pictures.KEPT_BYTES", 10)
    fresh = found.pixels((4, 4), 3)
    assert fresh[0] is not fresh[0]
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "a.png")
    assert not fresh[0].any()
    assert kept[0].any()


def test_a_folder_of_many_times_the_room_is_read_one_by_one(tmp_path: Path) -> None:
    import tracemalloc

    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8))
    for number in range(20):
        picture.save(tmp_path / f"{number}.bmp")
    pixels = find_pictures(tmp_path).pixels((16, 16), 3)
    tracemalloc.start()
    total = sum(int(one.sum()) for one in pixels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 0
    assert peak < 6 * 256 * 256 * 3


def test_fitting_keeps_proportions_and_stands_in_the_middle() -> None:
    found = fitted(np.zeros((2, 6, 1), np.uint8), (6, 6), 1)[:, :, 0]
    assert (found[2:4] == 0).all()
    assert (np.delete(found, [2, 3], 0) == 128).all()
    assert fitted(np.full((30, 10, 3), 7, np.uint8), (15, 15), 1)[:, 5:10].tolist() == [[[7]] * 5] * 15


def test_the_usual_size_is_that_of_all_or_their_middle() -> None:
    same = [Header(8, 12, False, 1)] * 3
    assert usual_size(same, 64) == (8, 12)
    assert usual_size(same, 6) == (8, 8)
    assert usual_size([*same, Header(80, 120, False, 1)], 60) == (40, 60)
