"""One picture from a file of any kind, or an error that names it."""

from __future__ import annotations

import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from seqloom.data.pictures.decoding import kind_of, pillow, read_header, read_picture
from seqloom.data.pictures.video import read_video
from seqloom.errors import DataError, MissingExtraError
from tests.data.pictures.files import COLOURS, FILES, GREY, HEIGHT, WIDTH


def png(width: int, height: int, depth: int = 8) -> bytes:
    """The beginning of a picture that says it is so large, and holds nothing."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">II", zlib.crc32(header), 9) + b"IDAT"


@pytest.mark.parametrize("name", FILES)
def test_every_kind_becomes_uint8(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    found, header = read_picture(path), read_header(path)
    channels = 1 if name in GREY else 3
    height, width = (WIDTH, HEIGHT) if name == "turned.jpg" else (HEIGHT, WIDTH)
    assert (found.dtype, found.shape) == (np.uint8, (height, width, channels))
    assert header[:3] == (height, width, channels == 3)
    assert (header.frames > 1) == name.startswith("animated")
    assert kind_of(path) is not None


@pytest.mark.parametrize("name", ["rgb.png", "rgb.bmp", "rgb.tif", "rgb.ppm", "rgb.webp", "alpha.png", "animated.webp"])
def test_lossless_files_give_the_very_pixels(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    assert (read_picture(path) == COLOURS).all()


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    for name in ("wide.png", "wide.tif"):
        (tmp_path / name).write_bytes(FILES[name])
        assert read_picture(tmp_path / name).ravel().tolist() == list(range(HEIGHT * WIDTH))


def test_a_camera_that_was_held_upright_is_turned_back(tmp_path: Path) -> None:
    (tmp_path / "plain.jpg").write_bytes(FILES["rgb.jpg"])
    (tmp_path / "turned.jpg").write_bytes(FILES["turned.jpg"])
    plain, turned = read_picture(tmp_path / "plain.jpg"), read_picture(tmp_path / "turned.jpg")
    assert np.abs(np.rot90(plain, -1).astype(int) - turned).mean() < 40


def test_what_is_see_through_stands_before_white(tmp_path: Path) -> None:
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, 0, 3] = 255
    Image.fromarray(pixels).save(tmp_path / "a.png")
    found = read_picture(tmp_path / "a.png")
    assert found[0, 0].tolist() == [0, 0, 0]
    assert found[1, 1].tolist() == [255, 255, 255]


def test_a_large_picture_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    for side in (50_000, 8_000, 2**31 - 1):
        path.write_bytes(png(side, side))
        for read in (read_header, read_picture):
            with pytest.raises(DataError, match=r"large\.png .*50,000,000"):
                read(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: the file has 0 bytes"),
        (b"just a text", "is no picture that can be read: expected PNG"),
        (FILES["rgb.png"][:60], "is no picture that can be read"),
        (FILES["rgb.jpg"][:-200], "is no picture that can be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "expected PNG"),
        (b"\x89PNG\r\n\x1a\n", "is no picture that can be read"),
    ],
)
def test_what_is_no_whole_picture_is_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        read_picture(path)
    assert str(path) in str(caught.value)


def test_decimals_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.full((2, 2), 0.5, np.float32)).save(tmp_path / "f.tif")
    with pytest.raises(DataError, match="decimals"):
        read_picture(tmp_path / "f.tif")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        read_picture(tmp_path / "nowhere.png")


def test_without_pillow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "PIL.Image", None)
    with pytest.raises(MissingExtraError, match="pictures"):
        pillow()


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of which some bytes are other ones, missing or doubled."""
    name = draw(st.sampled_from(sorted(FILES)))
    content = bytearray(FILES[name])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, min(len(content) - 1, draw(st.sampled_from((30, 200, 10_000)))))))
        match draw(st.integers(0, 3)):
            case 0:
                content[place : place + 1] = bytes([draw(st.integers(0, 255))])
            case 1:
                content[place : place + 4] = draw(st.binary(min_size=4, max_size=4))
            case 2:
                del content[place : place + draw(st.integers(1, 50))]
            case _:
                content[place:place] = content[place : place + draw(st.integers(1, 50))]
    return name, bytes(content)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(changed())
def test_changed_files_give_a_picture_or_a_sentence(file: tuple[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file[0]
        path.write_bytes(file[1])
        for read in (read_header, read_picture, read_video):
            said, found = "", None
            try:
                found = read(path)
            except DataError as error:
                said = str(error)
            assert str(path) in said or read is read_header or getattr(found, "dtype", None) == np.uint8
