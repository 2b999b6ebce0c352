"""Pictures, videos or features, and what is said of each: in a table beside them, or as COCO and Flickr8k have it."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, final

from seqloom.data.folders.named_files import NamedFiles
from seqloom.data.folders.tables_beside import TablesBeside, left_out
from seqloom.data.lines import Lines
from seqloom.data.named import named_table
from seqloom.data.pictures.decoding import kind_of
from seqloom.data.pictures.seen import SUFFIXES, Seen, seen_at
from seqloom.data.problems import Problems
from seqloom.data.tables.parts import Part, part_of
from seqloom.data.text.folder import natural
from seqloom.data.text.reader import no_such_file
from seqloom.errors import DataError, listed

__all__ = ["Captioned", "has_captions", "read_captioned"]

_FILES: Final = (
    *("file", "filename", "file_name", "image", "image_path", "image_name", "image_file", "picture", "video", "path"),
    *("video_path", "filepath", "file_path", "img", "clip", "name", "id", "image_id"),
)
_CAPTIONS: Final = ("caption", "captions", "sentence", "text", "description", "comment", "raw", "title", "target")
_TABLES: Final = TablesBeside((".csv", ".tsv", ".jsonl", ".ndjson"), _FILES, _CAPTIONS)
_PARTS: Final = ("split", "part", "set", "subset", "fold")
_TOKENS: Final = ("flickr8k.token.txt", "flickr8k.lemma.token.txt", "captions.txt", "results.token")
_COCO: Final = "captions*.json"
_MOST_JSON: Final = 1 << 30
_LOOKED_AT: Final = 1000
_MOST_FILES: Final = 1_000_000


@final
@dataclass(frozen=True)
class Captioned:
    """N pictures (or videos, or features) at ``paths``, and the ``captions`` of each, one or more.

    ``names`` are the paths in the folder ``source``, ``parts`` what each is for where the table says it, ``seen`` what
    they are. ``remarks`` say what was left out, with names. Without captions to predict, there are none.
    """

    source: str
    seen: Seen
    paths: list[Path] = field(repr=False)
    names: list[str] = field(repr=False)
    captions: list[list[str]] | None = field(repr=False)
    parts: list[Part | None] | None = field(default=None, repr=False)
    remarks: tuple[str, ...] = ()
    one: ClassVar[str] = "file"
    """What an example is called, in tables and JSON."""

    def __len__(self) -> int:
        return len(self.paths)

    def written(self, columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
        """A table (csv), a line for each: its name, then the columns, such as predictions."""
        return named_table(self.one, self.names, columns)


class _Said(NamedTuple):
    asked: str
    caption: str
    place: str
    part: Part | None = None


def read_captioned(path: str | Path, to_predict: bool = False) -> Captioned:
    """The pictures of a folder and what is said of them; ``path`` may name the table of captions in the folder.

    There is a table (csv, tsv or json lines) with a column of paths and one of captions, several lines for a picture
    that has several, and perhaps one that says ``train``, ``validation`` or ``test``; or ``captions*.json`` in COCO's
    layout; or lines ``name.jpg#0 <tab> caption`` (Flickr8k). Paths may have either slash, letters with accents either
    form. What is named may be pictures, videos (animated pictures, folders of frames, stacks of uint8 in ``.npy``,
    films) or features (S, M) of floats in ``.npy``, one kind of them. Pictures without a caption, captions without a
    picture and empty captions are left out and counted. With ``to_predict`` no captions are needed, and a path may name
    one picture. Raises DataError for a folder without any pair, or with several tables.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(no_such_file(str(path)))
    if to_predict and (path.is_file() or not has_captions(path)):
        return _uncaptioned(path)
    folder = path if path.is_dir() else path.parent
    inside = _inside(folder)
    named, found = NamedFiles(inside), dict[str, list[_Said]]()
    left_over, empty = list[str](), Counter[str]()
    for said in _said(path, named):
        name = named.find(said.asked)
        if name is None:
            left_over.append(said.asked)
        elif not said.caption.strip():
            empty[name] += 1
        else:
            found.setdefault(name, []).append(said)
    if not found:
        raise DataError(
            f"{path}: expected pictures or videos with captions, found {len(inside):,} of them, none with a caption. "
            "Put a table (file, caption) beside them."
        )
    names = [name for name in inside if name in found]
    seen = seen_at([folder / name for name in names])
    told = {*found, *empty, *(parent.as_posix() for name in found for parent in Path(name).parents)}
    silent = [name for name in inside if name not in told and seen.is_like(folder / name)]
    parts = [_part(str(folder), name, found[name]) for name in names]
    return Captioned(
        str(folder),
        seen,
        [folder / name for name in names],
        names,
        [[said.caption.strip() for said in found[name]] for name in names],
        parts if any(parts) else None,
        (
            *left_out(silent, "file has no caption", "files have no caption"),
            *left_out(left_over, "caption has no file", "captions have no file"),
            *left_out([*empty], "file has an empty caption", "files have an empty caption"),
        ),
    )


def has_captions(path: Path) -> bool:
    """Whether a folder has pictures with captions, or a table is one of them, by names and first rows."""
    folder = path if path.is_dir() else path.parent
    if path.is_file() and path.suffix.lower() not in (*_TABLES.suffixes, ".json", ".txt"):
        return False
    inside = _inside(folder, _LOOKED_AT)
    if not inside:
        return False
    named = NamedFiles(inside)
    if path.is_file():
        return _TABLES.tells(path, named)
    return bool(_coco(folder) or _tokens(folder) or _TABLES.inside(folder, named))


def _uncaptioned(path: Path) -> Captioned:
    if path.is_file():
        return Captioned(str(path), seen_at([path]), [path], [path.name], None)
    names = _inside(path)
    seen = seen_at([path / name for name in names] or [path])
    if seen is Seen.VIDEOS and not names:
        return Captioned(str(path), seen, [path], [path.name], None)
    names = [name for name in names if seen.is_like(path / name)]
    return Captioned(str(path), seen, [path / name for name in names], names, None)


def _said(path: Path, named: NamedFiles) -> Iterator[_Said]:
    """What is said, and of which picture."""
    if path.is_file():
        sources = [path]
    else:
        tables = _TABLES.inside(path, named)
        if len(tables) > 1 and not any(part_of(one.stem) for one in tables):
            raise DataError(f"{path} has several tables of captions, {listed([one.name for one in tables])}: name one.")
        sources = tables or _coco(path) or _tokens(path)[:1]
    for source in sources:
        if source.suffix.lower() == ".json":
            yield from _of_coco(source)
        elif source.suffix.lower() in _TABLES.suffixes or _TABLES.tells(source, named):
            yield from _of_table(source, named)
        else:
            yield from _of_tokens(source)


def _of_table(path: Path, named: NamedFiles) -> Iterator[_Said]:
    table = _TABLES.read(path, named)
    columns = _TABLES.columns(table, named)
    if columns is None:
        raise DataError(f"{table.name}: expected columns file and caption, got {listed([*table.columns])}.")
    file, caption = columns
    part = next((name for known in _PARTS for name in table.columns if name.strip().lower() == known), None)
    parts: Iterable[str] = (path.stem for _ in range(len(table))) if part is None else table.cells(part)
    rows = zip(table.cells(file), table.cells(caption), parts, strict=True)
    for row, (asked, text, of) in enumerate(rows):
        yield _Said(asked, text, f"{path.name}, line {table.line(row)}", part_of(of))


def _of_coco(path: Path) -> Iterator[_Said]:
    """``images`` with id and file_name, ``annotations`` with image_id and caption (Chen et al., 2015)."""
    try:
        if path.stat().st_size > _MOST_JSON:
            raise ValueError("it is larger than 1 GiB")
        data: Any = json.loads(path.read_bytes())
        files = {one["id"]: str(one["file_name"]) for one in data["images"]}
        pairs = [(files.get(one["image_id"], str(one["image_id"])), str(one["caption"])) for one in data["annotations"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path}: expected images and annotations as COCO has them: {error!r}.") from None
    part = next((part for part in Part if any(part_of(word) is part for word in _words(path.stem))), None)
    for number, (name, caption) in enumerate(pairs):
        yield _Said(name, caption, f"{path.name}, annotation {number}", part)


def _of_tokens(path: Path) -> Iterator[_Said]:
    """Lines ``name.jpg#0 <tab> caption`` (Hodosh et al., 2013)."""
    for number, line in Lines(path):
        name, _, caption = line.partition("\t")
        if name.strip():
            yield _Said(name.rpartition("#")[0] or name, caption, f"{path.name}, line {number}")


def _part(source: str, name: str, said: Sequence[_Said]) -> Part | None:
    problems = Problems(source)
    for one in said[1:]:
        if one.part is not said[0].part:
            problems.add(one.place, f"{name} is for {one.part}, and for {said[0].part} in {said[0].place}.")
    problems.refuse()
    return said[0].part


def _coco(folder: Path) -> list[Path]:
    return sorted([*folder.glob(_COCO), *folder.glob(f"annotations/{_COCO}")])


def _tokens(folder: Path) -> list[Path]:
    return [
        one for one in (*folder.iterdir(), *folder.glob("*/*.txt")) if one.name.lower() in _TOKENS and one.is_file()
    ]


def _inside(folder: Path, most: int = _MOST_FILES) -> list[str]:
    """The paths of what may have a caption, in natural order: pictures, films, arrays, and folders of frames."""
    found, looked = list[str](), 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        own = [name for name in files if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")]
        found += [Path(place, name).relative_to(folder).as_posix() for name in own]
        if Path(place) != folder and own and kind_of(Path(place, own[0])) is not None:
            found.append(Path(place).relative_to(folder).as_posix())
        looked += len(files)
        if looked >= most:
            break
    return sorted(found, key=natural)


def _words(name: str) -> list[str]:
    return "".join(letter if letter.isalpha() else " " for letter in name).split()
