"""Pretrained vectors of words, from a text file: GloVe, word2vec and fastText (``.vec``)."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.text.reader import no_such_file
from seqloom.errors import DataError

__all__ = ["WordVectors", "read_vectors"]

_LONGEST_LINE: Final = 1 << 16
_WIDEST: Final = 4096


class WordVectors(NamedTuple):
    """``width`` D, and a vector (D,) of float32 for each word that was looked for and found."""

    width: int
    vectors: dict[str, NDArray[np.float32]]


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
    try:
        with open(path, "rb") as file:
            return _read(file, str(path), words)
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
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        parts = line.rstrip(b" \r\n").split(b" ")
        if number == 1 and len(parts) == 2 and all(map(bytes.isdigit, parts)):
            continue
        if not width:
            width = len(parts) - 1
            if not 0 < width <= _WIDEST:
                raise DataError(f"{name}, line {number}: expected a word and its numbers, got {_shown(line)}.")
        word = b" ".join(parts[: max(1, len(parts) - width)])
        for given in wanted.get(word, ()):
            if given not in found or given.encode("utf-8", "surrogatepass") == word:
                found[given] = _vector(parts[-width:], width, name, number, line)
    if not width:
        raise DataError(f"{name} has no vectors.")
    return WordVectors(width, found)


def _vector(numbers: list[bytes], width: int, name: str, number: int, line: bytes) -> NDArray[np.float32]:
    try:
        vector = np.array(list(map(float, numbers)), np.float32)
    except ValueError:
        vector = np.zeros(0, np.float32)
    if len(vector) != width or not np.isfinite(vector).all():
        raise DataError(f"{name}, line {number}: expected a word and {width} numbers, got {_shown(line)}.")
    return vector


def _shown(line: bytes) -> str:
    return repr(line[:60].decode("utf-8", "replace").strip())
