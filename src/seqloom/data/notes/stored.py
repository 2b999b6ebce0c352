"""Files of piano rolls: lists of pitches as JSON, and rolls as MATLAB's .mat."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

import numpy as np

from seqloom.data.notes.rolls import KEYS, LOWEST, Roll, pitches, roll_of_pitches
from seqloom.data.text.reader import no_such_file, shown
from seqloom.errors import DataError

__all__ = ["Rolls", "read_rolls", "rolls_to_json"]

_MOST_BYTES: Final = 64 << 20
_MOST_UNPACKED: Final = 512 << 20
_MOST_STEPS: Final = 4_000_000
_BLOCK: Final = 1 << 20
_PARTS: Final = {"traindata": "train", "validdata": "valid", "testdata": "test"}
_HEADER: Final = 128
_COMPRESSED: Final = 15


@final
@dataclass(frozen=True)
class Rolls:
    """Rolls (T, 88) of pieces by the part that they are for (train, valid, test; "" where the file has no parts)."""

    name: str
    parts: Mapping[str, list[Roll]]
    remarks: tuple[str, ...] = ()


def read_rolls(path: str | Path, name: str = "") -> Rolls:
    """Read a file of rolls, whose messages call it ``name`` (default: its path).

    JSON: pieces, or an object of parts, each a list of pieces; a piece is a list of steps, a step the list of its
    pitches. ``.mat``: cells of rolls with 88 columns (21 to 108), or 128 for all pitches. What a piano has no key for
    is left out and counted. Raises DataError for what is none of this, is larger than 64 MB or has over 4,000,000
    steps.
    """
    path, name = Path(path), name or shown(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise DataError(no_such_file(str(path))) from None
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read {name}: {getattr(error, 'strerror', None) or error}.") from error
    if len(data) > _MOST_BYTES:
        raise DataError(f"{name} is larger than {_MOST_BYTES >> 20} MB. Divide it into several files.")
    outside: Counter[int] = Counter()
    found = _from_mat(data, path, name, outside) if path.suffix.lower() == ".mat" else _from_json(data, name, outside)
    parts: dict[str, list[Roll]] = {}
    steps = 0
    for part, roll in found:
        steps += len(roll)
        if steps > _MOST_STEPS:
            raise DataError(f"{name} has more than {_MOST_STEPS:,} steps. Divide it into several files.")
        parts.setdefault(part, []).append(roll)
    if not parts:
        raise DataError(f"{name} has no pieces. {_EXPECTED}")
    if not outside:
        return Rolls(name, parts)
    lost, ends = outside.total(), f"{min(outside)} to {max(outside)}"
    return Rolls(name, parts, (f"{name}: {lost:,} notes left out, for which a piano has no key ({ends}).",))


def rolls_to_json(parts: Mapping[str, list[Roll]]) -> str:
    """The same as JSON.

    >>> rolls_to_json({"train": [roll_of_pitches([[60, 64], []])]})
    '{"train": [[[60, 64], []]]}'
    """
    lists = {part: [pitches(roll) for roll in rolls] for part, rolls in parts.items()}
    return json.dumps(lists[""] if list(lists) == [""] else lists)


_EXPECTED: Final = 'Expected pieces as lists of steps, each a list of pitches: {"train": [[[60, 64], [62]]]}.'


def _from_json(data: bytes, name: str, outside: Counter[int]) -> Iterator[tuple[str, Roll]]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name} is no JSON: {error}. {_EXPECTED}") from error
    parts = content if isinstance(content, dict) else {"": content}
    for part, pieces in parts.items():
        if not isinstance(pieces, list):
            raise DataError(f"{name}: {_place(part)}there is no list of pieces. {_EXPECTED}")
        for number, piece in enumerate(pieces, 1):
            where = f"{name}: {_place(part)}piece {number}"
            if not isinstance(piece, list) or not piece:
                raise DataError(f"{where} is no list of steps with at least one. {_EXPECTED}")
            for place, step in enumerate(piece, 1):
                _check_step(step, f"{where}, step {place}", outside)
            yield part, roll_of_pitches(piece)


def _place(part: str) -> str:
    return f"part {part[:40]!r}, " if part else ""


def _check_step(step: Any, where: str, outside: Counter[int]) -> None:
    if not isinstance(step, list):
        raise DataError(f"{where} is {str(step)[:40]!r}, no list of pitches. {_EXPECTED}")
    for pitch in step:
        if type(pitch) not in (int, float) or not 0 <= pitch <= 127 or pitch != int(pitch):
            raise DataError(f"{where}: the pitch {str(pitch)[:40]} is no whole number from 0 to 127.")
        if not 0 <= pitch - LOWEST < KEYS:
            outside[int(pitch)] += 1


def _from_mat(data: bytes, path: Path, name: str, outside: Counter[int]) -> Iterator[tuple[str, Roll]]:
    from scipy.io import loadmat

    _check_unpacked(data, name)
    try:
        content = loadmat(path)
    except Exception as error:
        raise DataError(
            f"{name} cannot be read as a .mat file: {str(error) or type(error).__name__}. Save it with -v7."
        ) from error
    cells = {variable: value for variable, value in content.items() if not variable.startswith("__")}
    for variable, value in cells.items():
        if not isinstance(value, np.ndarray) or value.dtype != object:
            raise DataError(f"{name}: {variable[:40]!r} is no cell array. {_CELLS}")
        for number, roll in enumerate(value.ravel().tolist(), 1):
            yield _PARTS.get(variable, variable), _of_cell(roll, f"{name}: {variable[:40]}, piece {number}", outside)


_CELLS: Final = "Expected cell arrays (traindata, validdata, testdata) of rolls with 88 columns."


def _of_cell(roll: Any, where: str, outside: Counter[int]) -> Roll:
    if not isinstance(roll, np.ndarray) or roll.ndim != 2 or roll.dtype.kind not in "biuf" or not len(roll):
        raise DataError(f"{where} is no matrix of numbers with at least one step. {_CELLS}")
    if not np.isin(roll, (0, 1)).all():
        raise DataError(f"{where} has other numbers than 0 and 1. {_CELLS}")
    if roll.shape[1] == 128:
        beyond = np.r_[0:LOWEST, LOWEST + KEYS : 128]
        outside.update({int(key): int(roll[:, key].sum()) for key in beyond if roll[:, key].any()})
        roll = roll[:, LOWEST : LOWEST + KEYS]
    if roll.shape[1] != KEYS:
        raise DataError(f"{where} has {roll.shape[1]} columns. {_CELLS}")
    found: Roll = roll.astype(np.bool_)
    return found


def _check_unpacked(data: bytes, name: str) -> None:
    """Refuse what would take too much memory when it is unpacked, before anything is."""
    order: Any = "big" if data[126:128] == b"MI" else "little"
    place, size = _HEADER, 0
    while place + 8 <= len(data):
        kind, length = (int.from_bytes(data[at : at + 4], order) for at in (place, place + 4))
        place += 8
        if kind == _COMPRESSED:
            unpacked = zlib.decompressobj()
            rest = data[place : place + length]
            try:
                while rest and size <= _MOST_UNPACKED:
                    size += len(unpacked.decompress(rest, _BLOCK))
                    rest = unpacked.unconsumed_tail
            except zlib.error as error:
                raise DataError(f"{name} is damaged: {error}. Get it anew.") from error
        if size > _MOST_UNPACKED:
            raise DataError(f"{name} takes more than {_MOST_UNPACKED >> 20} MB unpacked. Divide it into several files.")
        place += length
