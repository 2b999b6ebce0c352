from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.text.reader import read_text
from seqloom.errors import DataError


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


TEXTS = st.text(
    st.one_of(st.sampled_from("\r\n\ufeffaé€😀 "), st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    min_size=1,
)


@given(text=TEXTS, mark=st.booleans(), chunk=st.integers(1, 9))
def test_text_does_not_depend_on_chunks(tmp_path_factory: pytest.TempPathFactory, text: str, mark: bool, chunk: int):
    path = tmp_path_factory.mktemp("reader") / "file"
    path.write_bytes((b"\xef\xbb\xbf" if mark else b"") + text.encode())
    expected = text if mark else text.removeprefix("\ufeff")
    expected = expected.replace("\r\n", "\n").replace("\r", "\n")
    if not expected:
        with pytest.raises(DataError, match="is empty"):
            list(read_text(path, chunk))
    else:
        assert "".join(read_text(path, chunk)) == expected


def test_observe_sees_every_byte(tmp_path: Path):
    data = "\ufeffzwölf\r\nBoxkämpfer".encode()
    seen: list[bytes] = []
    list(read_text(_write(tmp_path / "file", data), 4, seen.append))
    assert b"".join(seen) == data


@pytest.mark.parametrize("chunk", [1, 2, 3, 1 << 20])
@pytest.mark.parametrize(
    ("data", "offset"),
    [(b"abc\xff", 3), (b"\xc3\xa9\xc3(", 2), (b"a\xe2\x82", 1), (b"\xef\xbb\xbfab\x80", 5), (b"ab\xed\xa0\x80", 2)],
)
def test_undecodable_names_the_byte_offset(tmp_path: Path, data: bytes, offset: int, chunk: int):
    path = _write(tmp_path / "file", data)
    with pytest.raises(DataError, match=rf"not UTF-8: byte 0x{data[offset]:02x} at offset {offset} "):
        list(read_text(path, chunk))


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_binary_names_the_place(tmp_path: Path, chunk: int):
    with pytest.raises(DataError, match=r"binary .zero byte at offset 4"):
        list(read_text(_write(tmp_path / "file", b"text\0more"), chunk))


@pytest.mark.parametrize("chunk", [1, 3, 1 << 20])
@pytest.mark.parametrize(
    ("encoding", "mark", "said"),
    [
        ("utf-16-le", "\ufeff", "is UTF-16, "),
        ("utf-16-be", "\ufeff", "is UTF-16, "),
        ("utf-32-le", "\ufeff", "is UTF-32, "),
        ("utf-32-be", "\ufeff", "is UTF-32, "),
        ("utf-16-le", "", "looks like UTF-16LE without a byte-order mark, "),
        ("utf-16-be", "", "looks like UTF-16BE without a byte-order mark, "),
        ("utf-32-le", "", "looks like UTF-32LE without a byte-order mark, "),
        ("utf-32-be", "", "looks like UTF-32BE without a byte-order mark, "),
    ],
)
@pytest.mark.parametrize("text", ["text", "Es war ein heller, kalter Tag im April – 13 Uhr 😀.\r\n" * 300])
def test_other_encodings_of_unicode_are_named(
    tmp_path: Path, text: str, encoding: str, mark: str, said: str, chunk: int
):
    path = _write(tmp_path / "file", (mark + text).encode(encoding))
    with pytest.raises(DataError) as raised:
        list(read_text(path, chunk))
    assert f"{path} {said}expected UTF-8. Convert it: iconv -f " in str(raised.value)
    name = said.split()[-1 if mark else 2].strip(",")
    assert f"iconv -f {name} -t UTF-8 FILE" in str(raised.value)
    assert path.read_bytes().decode(name).removeprefix("\ufeff") == text  # what iconv -f would read


def test_a_name_that_is_nearly_right(tmp_path: Path):
    _write(tmp_path / "letters.txt", b"text")
    with pytest.raises(DataError, match=r"No such file: .*leters.txt. Did you mean 'letters.txt'\?"):
        read_text(tmp_path / "leters.txt")


def test_a_name_that_is_very_long_is_cut(tmp_path: Path):
    for name in ("bright cold day " * 10_000, "/".join(["bright"] * 500), "a\0" * 5000):
        with pytest.raises(DataError) as raised:
            read_text(name)
        assert len(str(raised.value)) < 350


def test_what_is_seen_at_the_call(tmp_path: Path):
    with pytest.raises(DataError, match=r"No such file: .*nowhere"):
        read_text(tmp_path / "nowhere")
    with pytest.raises(DataError, match="is a directory"):
        read_text(tmp_path)
    with pytest.raises(DataError, match="is empty"):
        read_text(_write(tmp_path / "empty", b""))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="pipe or device"):
        read_text(tmp_path / "pipe")
    with pytest.raises(DataError, match="Cannot read"):
        read_text(_write(tmp_path / "file", b"a") / "below")


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = _write(tmp_path / "file", b"text")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(DataError, match="permission denied"):
        read_text(path)


def test_a_read_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = _write(tmp_path / "file", b"text")

    def refuse(*_: object) -> io.BytesIO:
        raise PermissionError(13, "Permission denied")

    chunks = read_text(path)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=r"Cannot read .*permission denied"):
        list(chunks)


def test_a_file_that_shrinks(tmp_path: Path):
    path = _write(tmp_path / "file", b"x" * 100_000)
    chunks = read_text(path, 1000)
    next(chunks)
    os.truncate(path, 5000)
    with pytest.raises(DataError, match="shrank while it was read: 100000 bytes at the start"):
        list(chunks)
