"""What a user gives as text, and what is said of what is none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import islice
from typing import Any

from seqloom.data import Corpus, Files, Source, Texts, TokenStream
from seqloom.data.text.reader import no_such_file
from seqloom.errors import UsageError, warn

__all__ = ["Data", "source_of"]

Data = str | os.PathLike[str] | Sequence[str] | Sequence[os.PathLike[str]] | Source | Corpus | TokenStream
"""The path of a text file or folder, a list of paths, a list of texts (each a document), or what was read before."""

_EXPECTED = "Expected the path of a text file or of a folder, a list of paths, or a list of texts"
_LONGEST_PATH = 255
_LOOKED_AT = 100


def source_of(data: object) -> Source | Corpus | TokenStream:
    """Where the text comes from.

    A str or path names a file or folder, a list of paths files and folders, a list of strings is the texts themselves;
    arrays and columns of strings count as lists. What is left out of a folder is warned of. Raises UsageError for
    anything else, with its type and what to give instead.

    >>> source_of(["one", "two"])
    Texts(texts=['one', 'two'])
    >>> source_of(42)
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: Expected the path of a text file or of a folder, ... or a list of texts; got int.
    """
    if isinstance(data, Source | Corpus | TokenStream):
        return data
    if isinstance(data, str):
        _check_no_text(data)
    if isinstance(data, str | os.PathLike):
        return _files([data])
    items = _items(data)
    paths = sum(isinstance(item, os.PathLike) for item in items)
    if paths and paths == len(items):
        return _files(items)
    for place, item in enumerate(items):
        if not isinstance(item, str):
            mixed = paths and paths + sum(isinstance(item, str) for item in items) == len(items)
            advice = "Strings are texts there: write Path(…) around those that name files." if mixed else ""
            raise UsageError(f"{_EXPECTED}; item {place} of the list is {_kind(item)}. {advice}".rstrip())
    _warn_of_names(items)
    return Texts(items)


def _files(paths: Sequence[str | os.PathLike[str]]) -> Files:
    files = Files.of(paths)
    if files.left_out:
        warn(files.remark())
    return files


def _items(data: Any) -> list[Any]:
    if isinstance(data, Sequence) and not isinstance(data, bytes | bytearray | memoryview):
        return list(data)
    for name in ("tolist", "to_list"):
        if callable(convert := getattr(data, name, None)) and isinstance(items := convert(), list):
            return items
    raise UsageError(f"{_EXPECTED}; got {_kind(data)}. {_advice(data)}".rstrip())


def _advice(data: object) -> str:
    if isinstance(data, bytes | bytearray | memoryview):
        return "Decode it, and put it in a list: [data.decode()]."
    if isinstance(data, Mapping):
        return "Give its texts: list(data.values())."
    if isinstance(data, Set):
        return "A set has no order; give a list: sorted(data)."
    if hasattr(data, "read"):
        return "Give its path, or its text in a list: [file.read()]."
    if isinstance(data, Iterator):
        return "The text is read more than once; give a list: list(data)."
    if hasattr(data, "columns"):
        return "Give one of its columns."
    return ""


def _check_no_text(data: str) -> None:
    """Refuse a text in the place of a path."""
    looks_like_text = "\n" in data or len(data) > _LONGEST_PATH or data.count(" ") > 2
    if looks_like_text and not os.path.exists(data):
        raise UsageError(
            f"{no_such_file(data)}\nA string is the path of a file. If it is the text itself, put it in a list: [text]."
        )


def _warn_of_names(texts: Sequence[str]) -> None:
    """Strings of a list are texts; where all of them name files, that may not be what was meant."""
    if texts and len(texts) <= _LOOKED_AT and all(map(os.path.isfile, texts)):
        shown = ", ".join(map(repr, islice(texts, 3)))
        warn(f"{shown}: strings in a list are texts, not files. To read files, give [Path(…), …].")


def _kind(data: object) -> str:
    kind = type(data)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
