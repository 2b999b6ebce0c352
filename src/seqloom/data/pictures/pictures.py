"""A folder of pictures as one value: read lazily, with labels where it has some."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, final

import numpy as np

from seqloom.data.folders.files import Layout, find_files
from seqloom.data.lazy_rows import LazyRows
from seqloom.data.named import label_numbers, named_table
from seqloom.data.pictures.decoding import Header, Pixels, kind_of, read_header, read_picture
from seqloom.data.pictures.fitting import fitted
from seqloom.data.problems import Problems

__all__ = [
    "KEPT_BYTES",
    "PICTURE_SUFFIXES",
    "Pictures",
    "find_pictures",
    "holds_pictures",
    "is_picture",
    "usual_size",
    "why_no_picture",
]

KEPT_BYTES: Final = 256 << 20
"""Of decoded pictures in memory: more of them are decoded whenever they are asked for."""
_LOOKED_AT: Final = 1000
PICTURE_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm")


@final
@dataclass(frozen=True)
class Pictures:
    """N files of pictures, of which the headers are read; ``names`` are their paths in the folder, ``labels`` one for
    each, if any. ``remarks`` say what was left out, or is read in part."""

    source: str
    paths: list[Path] = field(repr=False)
    names: list[str] = field(repr=False)
    headers: list[Header] = field(repr=False)
    labels: list[str] | None = field(default=None, repr=False)
    remarks: tuple[str, ...] = ()
    one: ClassVar[str] = "picture"
    """What an example is called, in tables and JSON."""

    def __len__(self) -> int:
        return len(self.paths)

    @classmethod
    def of(
        cls,
        source: str,
        paths: Sequence[Path],
        names: Sequence[str],
        labels: list[str] | None = None,
        remarks: Iterable[str] = (),
    ) -> Pictures:
        """Read the headers of some files; DataError that names all that cannot be read, those with damaged pixels,
        too."""
        headers, problems, unread = [], Problems(source), set[str]()
        for path, name in zip(paths, names, strict=True):
            unread.add(name)
            with problems.noting(name, f"{path} "):
                headers.append(read_header(path))
                unread.discard(name)
        for path, name in zip(paths, names, strict=True) if problems else ():
            with problems.noting(name, f"{path} "):
                if name not in unread:
                    read_picture(path, (1, 1))
        problems.refuse()
        animated = sum(header.frames > 1 for header in headers)
        said = [f"{animated:,} animated pictures: the first frame is read"] * bool(animated)
        return cls(source, list(paths), list(names), headers, labels, (*remarks, *said))

    @property
    def channels(self) -> int:
        """1 where all are in grey, else 3."""
        return 3 if any(header.has_colours for header in self.headers) else 1

    def pixels(self, size: tuple[int, int], channels: int) -> LazyRows[Pixels]:
        """Each as (H, W, C), fitted into ``size`` (H, W). They are kept where they take up to 256 MB.

        DataError where one is asked for that turns out damaged; see :meth:`check`.
        """
        keep = len(self) * size[0] * size[1] * channels <= KEPT_BYTES
        return LazyRows(
            lambda place: fitted(read_picture(self.paths[place], size), size, channels), [1] * len(self), keep
        )

    def check(self, pixels: Sequence[Pixels]) -> None:
        """Ask for each of the ``pixels``; DataError that names all that are damaged."""
        problems = Problems(self.source)
        for place, (name, path) in enumerate(zip(self.names, self.paths, strict=True)):
            with problems.noting(name, f"{path} "):
                pixels[place]
        problems.refuse()

    def numbers(self) -> list[float]:
        """The labels as numbers; DataError that names those that are none."""
        return label_numbers(self.source, self.names, self.labels or ())

    def written(self, columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
        """A table (csv), a line for each picture: its name, then the columns, such as predictions."""
        return named_table(self.one, self.names, columns)


def find_pictures(folder: str | Path | Layout, label_pattern: str | None = None) -> Pictures:
    """The pictures of a folder, or the one that a path names; :func:`find_files` says where their labels stand.

    Pictures in one folder without subfolders or a table of labels have none. Raises DataError for a folder without
    pictures and for files whose headers cannot be read.
    """
    if isinstance(folder, str | Path) and Path(folder).is_file():
        path = Path(folder)
        return Pictures.of(str(path), [path], [path.name])
    layout = folder if isinstance(folder, Layout) else find_files(folder, label_pattern, why_no_picture)
    files = layout.files
    labels = None if layout.named else [file.label or "" for file in files]
    left_out = [f"{count:,} {what} left out" for what, count in layout.left_out.items()]
    paths, names = [file.path for file in files], [file.name for file in files]
    return Pictures.of(str(layout.folder), paths, names, labels, left_out)


def why_no_picture(path: Path) -> str:
    """Why a file in a folder is left out, in a word; nothing for a picture, or what is called as one."""
    return "" if is_picture(path) else "no pictures"


def is_picture(path: Path) -> bool:
    """Whether a file is a picture, or is called as one."""
    return path.is_file() and (path.suffix.lower() in PICTURE_SUFFIXES or kind_of(path) is not None)


def holds_pictures(folder: Path) -> bool:
    """Whether most files in a folder and below it are pictures, by the names of the first thousand."""
    seen = pictures = 0
    for _, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            seen += not name.startswith(".")
            pictures += Path(name).suffix.lower() in PICTURE_SUFFIXES
            if seen == _LOOKED_AT:
                return 2 * pictures > seen
    return 2 * pictures > seen


def usual_size(headers: Sequence[Header], most: int, least: int = 8) -> tuple[int, int]:
    """H and W for pictures of these sizes, the longer side of ``most`` pixels where they are larger or differ.

    >>> usual_size([Header(8, 8, False, 1)] * 2, 64), usual_size([Header(600, 800, True, 1)], 64)
    ((8, 8), (48, 64))
    """
    sizes = Counter((header.height, header.width) for header in headers)
    height, width = np.median(list(sizes.elements()), axis=0)
    scale = most / max(height, width)
    if len(sizes) == 1 and scale >= 1:
        return int(height), int(width)
    return max(least, round(scale * height)), max(least, round(scale * width))
