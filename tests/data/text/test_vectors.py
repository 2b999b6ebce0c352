"""Pretrained vectors in the three ways in which they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.data.text.vectors import read_vectors
from seqloom.errors import DataError

GLOVE = "the 0.1 -0.2\nLoom 1 2\nloom 3 4\n. . . 5 6\n"
FORMATS = {"glove": GLOVE, "word2vec": f"4 2\n{GLOVE}", "fasttext": "4 2\n" + GLOVE.replace("\n", " \n")}


@pytest.mark.parametrize("kind", FORMATS)
def test_the_vectors_of_some_words(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "vectors.vec"
    path.write_text(FORMATS[kind], encoding="utf-8")
    found = read_vectors(path, ["The", "Loom", "LOOM", ". . .", "absent"])
    assert found.width == 2
    assert {word: vector.round(1).tolist() for word, vector in found.vectors.items()} == {
        "The": pytest.approx([0.1, -0.2]),
        "Loom": [1.0, 2.0],
        "LOOM": [3.0, 4.0],
        ". . .": [5.0, 6.0],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no vectors"),
        ("hello\n", "line 1: expected a word and its numbers, got 'hello'"),
        ("a 1 2\nb 1 x\n", "line 2: expected a word and 2 numbers, got 'b 1 x'"),
        ("a 1 2\nb nan 2\n", "line 2: expected a word and 2 numbers"),
        ("a 1 2\nb 1\n", "line 2: expected a word and 2 numbers"),
    ],
)
def test_what_is_no_file_of_vectors(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        read_vectors(path, ["a", "b"])
    with pytest.raises(DataError, match="No such file"):
        read_vectors(tmp_path / "absent.txt", ["a"])


def test_lines_of_words_that_are_not_asked_for_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("a 1 2\nc x y\n")
    assert list(read_vectors(path, ["a"]).vectors) == ["a"]
