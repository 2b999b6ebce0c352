"""Pretrained vectors of words, from a text file: GloVe, word2vec and fastText (``.vec``)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.text.reader import no_such_file
from seqloom.errors import DataError, warn

__all__ = ["FirstWords", "WordVectors", "first_words", "read_vectors", "warn_of_few"]

_LONGEST_LINE: Final = 1 << 16
_WIDEST: Final = 4096


class WordVectors(NamedTuple):
    """``width`` D, and a vector (D,) of float32 for each word that was looked for and found."""

    width: int
    vectors: dict[str, NDArray[np.float32]]


class FirstWords(NamedTuple):
    """``width`` D of the vectors in a file, and the ``words`` that stand first in it: the commonest, as files are."""

    width: int
    words: list[str]


def first_words(path: str | Path, count: int) -> FirstWords:
    """The first ``count`` words of a file of vectors, of which no more is read; DataError as there."""
    with _opened(path) as file:
        found = list(islice(_rows(file, str(path)), max(1, count)))
    words = [row.word.decode("utf-8", "replace") for row in found[:count]]
    return FirstWords(found[0].width, words)


def warn_of_few(path: str, words: int, further: int, found: WordVectors) -> None:
    """Warn where less than half of ``words`` have a vector in a file, those left out that are known by it alone."""
    have = len(found.vectors) - further
    if have < (words - further) // 2:
        warn(f"vectors: of {words - further:,} words, {have:,} have one in {path}.")


def read_vectors(path: str | Path, words: Collection[str]) -> WordVectors:
    """The vectors of some words; where a word is not there, that of its lower-case form.

    A line is a word and its numbers, with single spaces between; a first line of two whole numbers (how many words,
    how many numbers) is passed over. The file is read as a stream: what is kept is of ``words`` alone, so a file of any
    size takes no more memory. Raises DataError, with the line, for one that has no such lines.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "v.txt").write_text("2 3\\nloom 1 0 0.5\\nwarp 0 1 0\\n")
    ...     found = read_vectors(Path(folder, "v.txt"), ["Loom", "weft"])
    >>> found.width, {word: vector.tolist() for word, vector in found.vectors.items()}
    (3, {'Loom': [1.0, 0.0, 0.5]})
    """
    with _opened(path) as file:
        return _read(file, str(path), words)


@contextmanager
def _opened(path: str | Path) -> Iterator[BinaryIO]:
    try:
        with open(path, "rb") as file:
            yield file
    except FileNotFoundError:
        raise DataError(no_such_file(str(path))) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).") from None


def _read(file: BinaryIO, name: str, words: Collection[str]) -> WordVectors:
    wanted: dict[bytes, list[str]] = {}
    for one in words:
        for form in {one, one.lower()}:
            wanted.setdefault(form.encode("utf-8", "surrogatepass"), []).append(one)
    found: dict[str, NDArray[np.float32]] = {}
    width = 0
    for row in _rows(file, name):
        width = row.width
        for given in wanted.get(row.word, ()):
            if given not in found or given.encode("utf-8", "surrogatepass") == row.word:
                found[given] = _vector(row, name)
    return WordVectors(width, found)


class _Row(NamedTuple):
    number: int
    word: bytes
    numbers: list[bytes]
    line: bytes
    width: int


def _rows(file: BinaryIO, name: str) -> Iterator[_Row]:
    width = number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        parts = line.rstrip(b" \r\n").split(b" ")
        if number == 1 and len(parts) == 2 and all(map(bytes.isdigit, parts)):
            continue
        if not width:
            width = len(parts) - 1
            if not 0 < width <= _WIDEST:
                raise DataError(f"{name}, line {number}: expected a word and its numbers, got {_shown(line)}.")
        yield _Row(number, b" ".join(parts[: max(1, len(parts) - width)]), parts[-width:], line, width)
    if not width:
        raise DataError(f"{name} has no vectors.")


def _vector(row: _Row, name: str) -> NDArray[np.float32]:
    try:
        vector = np.array(list(map(float, row.numbers)), np.float32)
    except ValueError:
        vector = np.zeros(0, np.float32)
    if len(vector) != row.width or not np.isfinite(vector).all():
        raise DataError(f"{name}, line {row.number}: expected a word and {row.width} numbers, got {_shown(row.line)}.")
    return vector


def _shown(line: bytes) -> str:
    return repr(line[:60].decode("utf-8", "replace").strip())
