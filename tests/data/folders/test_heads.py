"""The first lines of a file, and whether they are numbers."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from seqloom.data.folders.heads import first_lines, hold_numbers, holds_numbers
from tests.data.writing import written


def test_whole_lines_of_any_file(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbfone\r\n\r\nthree" + b"\nx" * 100_000
    written(
        tmp_path,
        {"a": text, "b": gzip.compress(text, mtime=0), "c": b"one\n\nthree", "d": b"\x1f\x8bnothing", "e": b""},
    )
    for name in "ab":
        lines = first_lines(tmp_path / name)
        assert lines[:4] == ["one", "", "three", "x"]
        assert 20_000 < len(lines) < 40_000
    assert first_lines(tmp_path / "c") == ["one", "", "three"]
    assert first_lines(tmp_path / "d") == first_lines(tmp_path / "e") == first_lines(tmp_path / "none") == []


def test_most_files_decide(tmp_path: Path) -> None:
    folder = written(tmp_path, {"a": "x,y\n", "b": "x,y\n1,2\n", "c": "x,y\n3,4\n", "d": "some\nwords\n"})
    assert hold_numbers(folder / name for name in "abcd")
    assert not hold_numbers(folder / name for name in "abd")
    assert not hold_numbers([])


@pytest.mark.parametrize(
    ("text", "are_numbers"),
    [
        ("time,x,y\n0,1,2\n1,3,4\n", True),
        ("1 2\n3 4\n", True),
        ("1\n", True),
        ("2026-01-01;1,5\n2026-01-02;1,6\n", True),
        ("Khoury\nNahas\n", False),
        ("It was 1984.\nIn 2 words, no.\n", False),
        ("text,label\nfine,1\nbad,0\n", False),
        ("?\n?\n", False),
        ("", False),
    ],
)
def test_numbers_or_text(tmp_path: Path, text: str, are_numbers: bool) -> None:
    assert holds_numbers(written(tmp_path, {"x": text}) / "x") is are_numbers
    assert not holds_numbers(tmp_path / "y")
