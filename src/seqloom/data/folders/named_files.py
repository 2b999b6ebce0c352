"""Which file is meant: paths in tables, however they are written, to the files that are there."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final, final

__all__ = ["NamedFiles"]

_MOST_PARTS: Final = 8


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
