"""Which file is meant: paths in tables, however they are written, to the files that are there."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, final

if TYPE_CHECKING:
    from seqloom.data.tables import Table

__all__ = ["NamedFiles", "columns_of_files"]

_MOST_PARTS: Final = 8
_LOOKED_AT: Final = 50


@final
class NamedFiles:
    """Finds the file of a folder that a path means.

    Either slash parts it, letters with accents may be one character or two; the suffix may be missing, and so may
    folders, as long as one file alone is meant.

    >>> files = NamedFiles(["clips/a b.wav", "clips/c.wav"])
    >>> files.find(r"D:\\clips\\a b.wav"), files.find("c"), files.find("d.wav")
    ('clips/a b.wav', 'clips/c.wav', None)
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._found: dict[str, str] = {}
        tails = [(tail, name) for name in names for tail in _tails(_plain(name))]
        counts = Counter(tail for tail, _ in tails)
        self._found = {tail: name for tail, name in tails if counts[tail] == 1 or tail == _plain(name)}

    def find(self, path: str) -> str | None:
        """The name of the file, or None where no file, or no single one, is meant."""
        asked = _plain(path.strip())
        return next((self._found[tail] for tail in _tails(asked) if tail in self._found), None)


def columns_of_files(
    table: Table, files: NamedFiles, paths: Sequence[str], texts: Sequence[str]
) -> tuple[str, str] | None:
    """The columns of paths and of texts: those that are called so, or else what is in their first rows.

    ``paths`` and ``texts`` are names that are known, in small letters. A column of another name has the paths if half
    of its cells find a file, and the texts if they have more than one word in the mean.
    """
    rows = min(len(table), _LOOKED_AT)
    first = {name: list(islice(table.cells(name), rows)) for name in table.columns}
    hits = {name: sum(files.find(cell) is not None for cell in cells) for name, cells in first.items()}
    by_name = {name.strip().lower(): name for name in reversed([*table.columns])}
    path = next((by_name[name] for name in paths if name in by_name and hits[by_name[name]]), None)
    path = path or max(hits, key=lambda name: hits[name], default=None)
    if path is None or not hits[path] or (path.strip().lower() not in paths and 2 * hits[path] < rows):
        return None
    text = next((by_name[name] for name in texts if name in by_name and by_name[name] != path), None)
    if text is not None:
        return path, text
    words = {
        name: sum(len(cell.split()) for cell in cells)
        for name, cells in first.items()
        if name != path and 2 * hits[name] <= rows
    }
    text = max(words, key=lambda name: words[name], default=None)
    return None if text is None or words[text] <= rows else (path, text)


def _plain(path: str) -> str:
    return unicodedata.normalize("NFC", path.replace("\\", "/")).removeprefix("./")


def _tails(path: str) -> Iterator[str]:
    """The path, then with fewer folders; each with its suffix and without."""
    parts = [part for part in path.split("/") if part]
    for begin in range(max(0, len(parts) - _MOST_PARTS), len(parts)):
        tail = "/".join(parts[begin:])
        yield tail
        bare = str(PurePosixPath(tail).with_suffix("")) if PurePosixPath(tail).suffix else tail
        if bare != tail:
            yield bare
