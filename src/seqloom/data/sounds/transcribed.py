"""Sounds and what is said in them: a table beside the sounds, LibriSpeech's layout, or a text beside each sound."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, NamedTuple, final

from seqloom.data.folders.named_files import NamedFiles
from seqloom.data.folders.tables_beside import TablesBeside, left_out
from seqloom.data.lines import Lines
from seqloom.data.named import named_table
from seqloom.data.problems import Problems
from seqloom.data.sounds.files import is_sound
from seqloom.data.sounds.sound import Sound
from seqloom.data.sounds.sounds import opened
from seqloom.data.text.folder import natural
from seqloom.data.text.reader import no_such_file, read_text
from seqloom.errors import DataError, listed

__all__ = ["Transcribed", "has_transcripts", "read_transcribed", "sounds_inside"]

_PATHS: Final = (
    *("path", "file", "filename", "file_name", "file_path", "filepath", "audio", "audio_path", "audio_filepath"),
    *("audio_file", "wav", "wav_path", "wav_file", "wav_filename", "sound", "clip", "recording", "utterance", "id"),
)
_TEXTS: Final = (
    *("text", "transcript", "transcription", "sentence", "normalized_text", "normalised_text", "transcripts", "words"),
    *("utterance_text", "target", "satz", "texte", "texto"),
)
_TABLES: Final = TablesBeside((".csv", ".tsv", ".jsonl", ".ndjson", ".json"), _PATHS, _TEXTS)
_LIBRI: Final = ".trans.txt"
_BESIDE: Final = (".txt", ".lab")
_LOOKED_AT: Final = 50
_MOST_FILES: Final = 1_000_000


@final
@dataclass(frozen=True)
class Transcribed:
    """N ``sounds``, read when asked for, and what is said in each: ``texts``.

    ``names`` are the paths of the files in the folder ``source``, ``places`` say where each text stands, ``remarks``
    what was left out, with names.
    """

    source: str
    sounds: list[Sound] = field(repr=False)
    texts: list[str] = field(repr=False)
    names: list[str] = field(repr=False)
    places: list[str] = field(repr=False)
    remarks: tuple[str, ...] = ()
    one: ClassVar[str] = "sound"
    """What an example is called, in tables and JSON."""

    def __len__(self) -> int:
        return len(self.sounds)

    @property
    def seconds(self) -> float:
        """How long all of them are."""
        return sum(sound.seconds for sound in self.sounds)

    def written(self, columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
        """A table (csv), a line for each sound: its name, then the columns, such as predictions."""
        return named_table(self.one, self.names, columns)


class _Text(NamedTuple):
    asked: str
    text: str
    place: str


def read_transcribed(path: str | Path) -> Transcribed:
    """The sounds of a folder and what is said in them; ``path`` may name the table of transcripts in the folder.

    There is a table (csv, tsv or json lines) with a column of paths and one of texts, known by their names or by what
    is in them; or files ``*.trans.txt`` with a line for each sound: its name without suffix, and the text
    (LibriSpeech); or a text beside each sound, ``a.txt`` beside ``a.wav``. Paths may have either slash, and letters
    with accents either form. Sounds without a text, texts without a sound and empty texts are left out and counted.
    Raises DataError for a folder without any pair or with several tables, for a sound with two texts, and one that
    names all sounds that cannot be read.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(no_such_file(str(path)))
    folder = path if path.is_dir() else path.parent
    sounds = sounds_inside(folder)
    named = NamedFiles(sounds)
    found, problems = dict[str, _Text](), Problems(str(folder))
    left_over, empty = list[str](), list[str]()
    for text in _texts(path, sounds, named):
        name = named.find(text.asked)
        if name is None:
            left_over.append(text.asked)
        elif name in found:
            problems.add(text.place, f"{name} has a text already, in {found[name].place}.")
        elif not text.text.strip():
            empty.append(name)
        else:
            found[name] = text
    problems.refuse()
    silent = [name for name in sounds if name not in found and name not in empty]
    if not found:
        raise DataError(
            f"{path}: expected sounds with transcripts, found {len(sounds):,} sounds and none of their texts. Put a "
            "table (file, text) beside them."
        )
    names = [name for name in sounds if name in found]
    remarks = (
        *left_out(silent, "sound has no transcript", "sounds have no transcript"),
        *left_out(left_over, "transcript has no sound", "transcripts have no sound"),
        *left_out(empty, "transcript is empty", "transcripts are empty"),
    )
    return Transcribed(
        str(folder),
        opened(str(folder), [folder / name for name in names], names),
        [found[name].text.strip() for name in names],
        names,
        [found[name].place for name in names],
        remarks,
    )


def has_transcripts(path: Path) -> bool:
    """Whether a folder has sounds with transcripts, or a table is one of them, by names and first rows."""
    folder = path if path.is_dir() else path.parent
    if path.is_file() and path.suffix.lower() not in _TABLES.suffixes:
        return False
    sounds = sounds_inside(folder, _LOOKED_AT * 20)
    if not sounds:
        return False
    named = NamedFiles(sounds)
    if path.is_file():
        return _TABLES.tells(path, named)
    if _libri(folder):
        return True
    beside = sum(_beside(folder / name) is not None for name in sounds[:_LOOKED_AT])
    return 2 * beside > len(sounds[:_LOOKED_AT]) or bool(_TABLES.inside(folder, named))


def _texts(path: Path, sounds: Sequence[str], named: NamedFiles) -> Iterator[_Text]:
    """What is said, and where it says of which sound."""
    tables = [path] if path.is_file() else _TABLES.inside(path, named)
    if len(tables) > 1:
        raise DataError(f"{path} has several tables of transcripts, {listed([one.name for one in tables])}: name one.")
    if tables:
        yield from _of_table(tables[0], named)
        return
    for file in _libri(path):
        where = file.relative_to(path)
        for number, line in Lines(file):
            name, _, text = line.strip().partition(" ")
            if name:
                yield _Text((where.parent / name).as_posix(), text, f"{where.as_posix()}, line {number}")
    for name in sounds:
        beside = _beside(path / name)
        if beside is not None:
            yield _Text(name, " ".join("".join(read_text(beside)).split()), beside.relative_to(path).as_posix())


def _of_table(path: Path, named: NamedFiles) -> Iterator[_Text]:
    table = _TABLES.read(path, named)
    columns = _TABLES.columns(table, named)
    if columns is None:
        raise DataError(
            f"{table.name}: expected a column of paths of sounds, and one of texts; got {listed([*table.columns])}."
        )
    rows = zip(table.cells(columns[0]), table.cells(columns[1]), strict=True)
    for row, (asked, text) in enumerate(rows):
        yield _Text(asked, text, f"{path.name}, line {table.line(row)}")


def _libri(folder: Path) -> list[Path]:
    return sorted(folder.rglob(f"*{_LIBRI}"))


def _beside(sound: Path) -> Path | None:
    return next((one for one in (sound.with_suffix(suffix) for suffix in _BESIDE) if one.is_file()), None)


def sounds_inside(folder: Path, most: int = _MOST_FILES) -> list[str]:
    """The paths of the sounds in a folder and below it, in natural order; ``most`` files are looked at."""
    found, seen = list[str](), 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if is_sound(name) and not name.startswith("."):
                found.append(Path(place, name).relative_to(folder).as_posix())
        seen += len(files)
        if seen >= most:
            break
    return sorted(found, key=natural)
