"""What a user gives as music (files, pieces, rolls, lists of pitches) as rolls on one grid of time."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, final

import numpy as np

from seqloom.data.notes import Note, Piece
from seqloom.data.notes.folder import find_pieces, is_midi
from seqloom.data.notes.grid import Grid, find_grid, grid_of, on_grid
from seqloom.data.notes.key import find_key
from seqloom.data.notes.rolls import KEYS, Roll, from_roll, pitches, roll_of_pitches, to_roll
from seqloom.data.notes.stored import read_rolls
from seqloom.data.spread import spread
from seqloom.data.tables.parts import Part, part_of
from seqloom.errors import DataError
from seqloom.tasks.arguments import whole_number
from seqloom.tasks.music.labels import said_of_labels

__all__ = ["Tune", "Tunes", "about_pieces", "described", "in_one_key", "read_tunes", "roll_of_row", "steps_of_bars"]

_USUAL_STEPS: Final = 4
_SHOWN: Final = 4


@final
@dataclass(frozen=True)
class Tune:
    """A piece as its ``roll`` (T, 88); ``part`` is what it is for and ``label`` what it is, where that is said."""

    roll: Roll
    name: str
    part: Part | None = None
    label: str = ""

    def __len__(self) -> int:
        return len(self.roll)

    @property
    def pitches(self) -> list[list[int]]:
        """The pitches of each step."""
        return pitches(self.roll)


class Tunes(NamedTuple):
    """Tunes, and what was found out about them, ready for JSON: ``steps`` a beat, ``tempo`` (microseconds a beat),
    ``metre`` and ``remarks``."""

    tunes: Sequence[Tune]
    about: dict[str, Any]


def read_tunes(source: Any, steps: int | None) -> Tunes:
    """Read a folder of MIDI files, one file of MIDI or of rolls (JSON, ``.mat``), or a list of pieces, rolls (T, 88) or
    lists of pitches; pieces on a grid of ``steps`` a beat, by default the one found.

    Raises DataError for what is none of this, or cannot be read.
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if not path.is_dir() and not is_midi(path):
            return _of_rolls(path, steps)
        found = find_pieces(path)
        remarks = [*found.remarks, *_few([remark for piece in found.pieces for remark in piece.remarks])]
        return _of_pieces(found.pieces, steps, remarks, found.labels)
    rows = list(source)
    if rows and all(isinstance(row, Tune) for row in rows):
        return Tunes(rows, _about(steps or _USUAL_STEPS))
    if rows and all(isinstance(row, Piece) for row in rows):
        return _of_pieces(rows, steps, [])
    return Tunes(
        [Tune(roll_of_row(place, row), str(place)) for place, row in enumerate(rows)], _about(steps or _USUAL_STEPS)
    )


def described(path: Path) -> dict[str, Any]:
    """What is in a file or folder of music, ready for JSON: of MIDI keys, metres, instruments and the grid of time."""
    from seqloom.data.notes.report import described as report

    if path.is_dir() or is_midi(path):
        found = report(find_pieces(path).pieces)
    else:
        tunes = read_tunes(path, None).tunes
        found = {"pieces": len(tunes), "steps": spread(np.array(list(map(len, tunes))))}
    return {**found, "remarks": read_tunes(path, None).about["remarks"]}


def in_one_key(pieces: Sequence[Iterable[Note]]) -> bool:
    """Whether more than half of the pieces of these notes have one tonic: somebody has moved them there.

    >>> in_one_key([from_roll(roll_of_pitches([[60], [64], [67], [72]])).notes] * 3)
    True
    """
    keys = [find_key(notes) for notes in pieces]
    tonics = Counter(key.tonic for key in keys if key is not None)
    return 2 * max(tonics.values(), default=0) > len(pieces)


def steps_of_bars(about: Mapping[str, Any], bars: int | None) -> int | None:
    """How many steps so many bars have, by what is known of tunes: ``steps`` a beat and the ``metre``; None for all.

    >>> steps_of_bars({"steps": 4, "metre": [6, 8]}, 2)
    24
    """
    if bars is None:
        return None
    beats, unit = about["metre"]
    return max(1, whole_number("bars", bars, 1) * 4 * int(about["steps"]) * int(beats) // int(unit))


def _of_rolls(path: Path, steps: int | None) -> Tunes:
    found = read_rolls(path)
    several = sum(map(len, found.parts.values())) > 1
    tunes = [
        Tune(roll, f"{part} {number}".strip() if several else path.name, part_of(part))
        for part, rolls in found.parts.items()
        for number, roll in enumerate(rolls, 1)
    ]
    steps_said = f"{steps or _USUAL_STEPS} steps a beat, as {'said' if steps else 'usual'}: a roll has no beats."
    keys = _counted(str(find_key(from_roll(tune.roll).notes) or "none") for tune in tunes)
    remarks = [*found.remarks, f"{len(tunes):,} rolls; keys: {keys}. {steps_said}"]
    return Tunes(tunes, {**_about(steps or _USUAL_STEPS), "remarks": remarks})


def _of_pieces(
    pieces: Sequence[Piece], steps: int | None, remarks: Sequence[str], labels: Sequence[str] | None = None
) -> Tunes:
    grid = find_grid(pieces) if steps is None else grid_of(pieces, steps)
    labels = labels or [""] * len(pieces)
    tunes = [
        Tune(to_roll(on_grid(piece, grid.steps)), piece.name, label=label)
        for piece, label in zip(pieces, labels, strict=True)
    ]
    about = about_pieces(pieces, grid.steps)
    about["remarks"] += [_of_grid(grid, pieces, tunes), *said_of_labels(labels), *remarks]
    return Tunes(tunes, about)


def about_pieces(pieces: Sequence[Piece], steps: int) -> dict[str, Any]:
    """What pieces on a grid have in common: the middle tempo and the commonest metre, and a remark on all of it."""
    tempos = [tempo.microseconds for piece in pieces for tempo in piece.tempos[:1]]
    metres = Counter((one.beats, one.unit) for piece in pieces for one in piece.metres[:1])
    about = _about(steps)
    about["tempo"] = int(np.median(tempos)) if tempos else about["tempo"]
    about["metre"] = list(metres.most_common(1)[0][0]) if metres else about["metre"]
    return about | {"remarks": [_report(pieces, about)]}


def _about(steps: int) -> dict[str, Any]:
    return {"steps": steps, "tempo": 500_000, "metre": [4, 4], "remarks": []}


def _report(pieces: Sequence[Piece], about: dict[str, Any]) -> str:
    keys = _counted(str(find_key(piece.notes) or "none") for piece in pieces)
    metres = _counted(f"{one.beats}/{one.unit}" for piece in pieces for one in piece.metres[:1])
    notes = sum(len(piece.notes) for piece in pieces)
    tempo = 60e6 / about["tempo"]
    metres = metres or "not written"
    return f"{len(pieces):,} pieces, {notes:,} notes; keys: {keys}; metres: {metres}; {tempo:.0f} beats a minute."


def _of_grid(grid: Grid, pieces: Sequence[Piece], tunes: Sequence[Tune]) -> str:
    """What the grid, and then a roll, loses of the notes."""
    left = sum(len(from_roll(tune.roll).notes) for tune in tunes)
    kept = grid.notes - grid.merged - grid.drums
    if kept == left:
        return str(grid)
    joined = f"A roll joins {kept - left:,} that are struck again at once, or that others hold"
    return f"{grid} {joined}; events (--task music-events) keep them."


def _counted(names: Iterator[str] | Any) -> str:
    counts = Counter(names).most_common()
    more = f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
    return ", ".join(f"{name} {count:,}" for name, count in counts[:_SHOWN]) + more


def _few(remarks: Sequence[str]) -> list[str]:
    """The first remarks on files, and how many more there are."""
    more = [f"{len(remarks) - _SHOWN:,} more remarks on files."] if len(remarks) > _SHOWN else []
    return [*remarks[:_SHOWN], *more]


def roll_of_row(place: int, row: Any) -> Roll:
    """A row as a roll; DataError, with its place, for what is none."""
    if isinstance(row, Tune):
        return row.roll
    expected = f"X: row {place:,}: expected a roll (T, {KEYS}) of 0 and 1, a Piece, or a list of lists of pitches"
    if isinstance(row, list) and all(isinstance(step, list | tuple) for step in row):
        wrong = [pitch for step in row for pitch in step if not isinstance(pitch, int | np.integer)]
        if wrong:
            raise DataError(f"{expected}, got the pitch {wrong[0]!r}.")
        return roll_of_pitches(row)
    try:
        values = np.asarray(row.detach().cpu() if hasattr(row, "detach") else row)
    except ValueError:
        raise DataError(f"{expected}, got a {type(row).__name__} of steps that differ in length.") from None
    if values.ndim != 2 or values.shape[1] != KEYS or values.dtype.kind not in "biuf":
        raise DataError(f"{expected}, got {_shown(row, values)}.")
    if not np.isin(values, (0, 1)).all():
        raise DataError(f"{expected}, got other numbers in it.")
    found: Roll = values.astype(np.bool_)
    return found


def _shown(row: Any, values: Any) -> str:
    return f"one of the shape {tuple(values.shape)}" if values.ndim else repr(row)[:40]
