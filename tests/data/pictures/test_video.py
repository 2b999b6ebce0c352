"""Videos from folders, animated pictures, stacks and films."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seqloom.data.pictures.video import frame_count, is_video, read_video
from seqloom.errors import DataError
from tests.data.pictures.files import FILES

FRAMES = np.random.default_rng(0).integers(0, 256, (12, 5, 7, 3), dtype=np.uint8)


def frames_folder(place: Path) -> Path:
    place.mkdir()
    for number, frame in enumerate(FRAMES, 1):
        Image.fromarray(frame).save(place / f"frame{number}.png")
    (place / "notes.txt").write_text("about")
    return place


def test_every_source_gives_the_frames(tmp_path: Path) -> None:
    folder = frames_folder(tmp_path / "folder")
    np.save(tmp_path / "stack.npy", FRAMES)
    first, *others = (Image.fromarray(frame) for frame in FRAMES)
    first.save(tmp_path / "a.webp", save_all=True, append_images=others, lossless=True)
    first.save(tmp_path / "a.tif", save_all=True, append_images=others)
    first.save(tmp_path / "a.png", save_all=True, append_images=others)
    for path in (folder, *(tmp_path / name for name in ("stack.npy", "a.webp", "a.tif", "a.png"))):
        assert is_video(path)
        assert frame_count(path, 100) == 12
        assert (read_video(path) == FRAMES).all(), path
        assert (read_video(path, most=4) == FRAMES[[0, 3, 6, 9]]).all()
        assert read_video(path, (10, 14)).shape == (12, 10, 14, 3)


def test_a_gif_of_colour_and_grey_frames_has_one_shape(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(FILES["animated.gif"])
    assert read_video(tmp_path / "a.gif").shape == (3, 6, 9, 3)


def test_grey_stacks_get_an_axis(tmp_path: Path) -> None:
    np.save(tmp_path / "grey.npy", FRAMES[..., 0])
    assert read_video(tmp_path / "grey.npy").shape == (12, 5, 7, 1)


@pytest.mark.parametrize(
    "array", [np.zeros((3, 4)), np.zeros((3, 4, 4), np.float32), np.zeros((0, 4, 4), np.uint8), np.array([None])]
)
def test_other_arrays_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(DataError, match=r"a\.npy"):
        read_video(tmp_path / "a.npy")


def test_frames_of_different_size_need_one_that_is_given(tmp_path: Path) -> None:
    folder = frames_folder(tmp_path / "folder")
    Image.fromarray(FRAMES[0][:3]).save(folder / "frame99.png")
    with pytest.raises(DataError, match="frames of one size"):
        read_video(folder)
    assert read_video(folder, (5, 7)).shape == (13, 5, 7, 3)


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = frames_folder(tmp_path / "folder")
    monkeypatch.setattr("seqloom.data.pictures.video._MOST_BYTES", 300)
    with pytest.raises(DataError, match="Take fewer frames"):
        read_video(folder)


def test_nothing_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(FILES["rgb.png"])
    assert not is_video(tmp_path / "a.png")
    (tmp_path / "empty").mkdir()
    assert not is_video(tmp_path / "empty")
    with pytest.raises(DataError, match="expected frames, found none"):
        read_video(tmp_path / "empty")


def test_a_film_without_pyav_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = tmp_path / "my film.mp4"
    film.write_bytes(b"\0\0\0 ftypisom")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(DataError, match=r"seqloom\[video\](.|\n)*ffmpeg -i '.*my film\.mp4' -vf fps=4"):
        read_video(film)


def test_a_film_with_pyav(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "a.mp4"), "w") as film:
        stream = film.add_stream("mpeg4", rate=4)
        stream.width, stream.height = 32, 16
        for value in (0, 100, 200):
            frame = av.VideoFrame.from_ndarray(np.full((16, 32, 3), value, np.uint8), format="rgb24")
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    found = read_video(tmp_path / "a.mp4")
    assert found.shape == (3, 16, 32, 3)
    assert np.abs(found.mean((1, 2, 3)) - [0, 100, 200]).max() < 10
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    with pytest.raises(DataError, match="broken"):
        read_video(tmp_path / "broken.mp4")
