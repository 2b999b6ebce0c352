"""A piece as files to hear and to see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seqloom.data.notes import Piece, save_midi
from seqloom.data.notes.synthesis import save_sound
from seqloom.errors import MissingExtraError, StorageError, warn

__all__ = ["named_after", "save_piece"]


def save_piece(path: str | Path, piece: Piece) -> Iterator[Path]:
    """Write a piece as MIDI, beside it as a wav file and as a picture of its roll, and say each that is written.

    Warns where matplotlib, which draws the picture, is missing. Raises StorageError where a file cannot be written,
    UsageError for a piece of more than an hour.
    """
    from seqloom.inspection.piano_roll import draw_piano_roll

    path = Path(path)
    sound, picture = path.with_suffix(".wav"), path.with_suffix(".png")
    try:
        save_midi(path, piece)
        yield path
        save_sound(sound, piece)
        yield sound
        draw_piano_roll(piece, picture, path.stem)
        yield picture
    except MissingExtraError as error:
        warn(f"No picture: {error}")
    except OSError as error:
        raise StorageError(f"{error.filename or path}: {error.strerror or error}.") from error


def named_after(path: Path, count: int) -> list[Path]:
    """The names of so many files: the path itself, or numbered.

    >>> [str(one) for one in named_after(Path("tune.mid"), 2)], str(named_after(Path("tune"), 1)[0])
    (['tune-1.mid', 'tune-2.mid'], 'tune.mid')
    """
    path = path if path.suffix.lower() in (".mid", ".midi") else path.with_name(f"{path.name}.mid")
    if count == 1:
        return [path]
    return [path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, count + 1)]
