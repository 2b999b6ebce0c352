"""A folder of sounds as one value: their headers are read, samples when asked for; with labels where it has some."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, final

from seqloom.data.folders.files import Layout, find_files
from seqloom.data.named import label_numbers, named_table
from seqloom.data.problems import Problems
from seqloom.data.sounds.files import is_sound, open_sound
from seqloom.data.sounds.sound import Sound

__all__ = ["Sounds", "changes", "find_sounds", "holds_sounds", "opened", "usual_rate", "why_no_sound"]

_MOST_RATE: Final = 16_000
"""Speech has little above half of it."""
_LOOKED_AT: Final = 1000


@final
@dataclass(frozen=True)
class Sounds:
    """N sounds; ``names`` are the paths of their files in the folder, ``labels`` one for each, if any.

    ``remarks`` say what was left out.
    """

    source: str
    sounds: list[Sound] = field(repr=False)
    names: list[str] = field(repr=False)
    labels: list[str] | None = field(default=None, repr=False)
    remarks: tuple[str, ...] = ()
    one: ClassVar[str] = "sound"
    """What an example is called, in tables and JSON."""

    def __len__(self) -> int:
        return len(self.sounds)

    def numbers(self) -> list[float]:
        """The labels as numbers; DataError that names those that are none."""
        return label_numbers(self.source, self.names, self.labels or ())

    def written(self, columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
        """A table (csv), a line for each sound: its name, then the columns, such as predictions."""
        return named_table(self.one, self.names, columns)


def find_sounds(folder: str | Path | Layout, label_pattern: str | None = None) -> Sounds:
    """The sounds of a folder, or the one that a path names; :func:`find_files` says where their labels stand.

    Sounds in one folder without subfolders or a table of labels have none. Raises DataError for a folder without
    sounds, and one that names all that cannot be read.
    """
    if isinstance(folder, str | Path) and Path(folder).is_file():
        path = Path(folder)
        return Sounds(str(path), [open_sound(path)], [path.name])
    layout = folder if isinstance(folder, Layout) else find_files(folder, label_pattern, why_no_sound)
    names = [file.name for file in layout.files]
    sounds = opened(str(layout.folder), [file.path for file in layout.files], names)
    labels = None if layout.named else [file.label or "" for file in layout.files]
    left_out = tuple(f"{count:,} {what} left out" for what, count in (+layout.left_out).items())
    return Sounds(str(layout.folder), sounds, names, labels, left_out)


def opened(source: str, paths: Iterable[Path], names: Iterable[str]) -> list[Sound]:
    """The sounds of some files, called by ``names``; DataError that names all that cannot be read."""
    problems, found = Problems(source), []
    for path, name in zip(paths, names, strict=True):
        with problems.noting(name, f"{name} ", f"{name}: "):
            found.append(open_sound(path, name))
    problems.refuse()
    return found


def why_no_sound(path: Path) -> str:
    """Why a file in a folder is left out, in a word; nothing for what is called as a sound."""
    return "" if is_sound(path) else "no sounds"


def holds_sounds(folder: Path) -> bool:
    """Whether most files in a folder and below it are sounds, by the names of the first thousand."""
    seen = sounds = 0
    for _, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in (name for name in files if not name.startswith(".")):
            seen, sounds = seen + 1, sounds + is_sound(name)
            if seen == _LOOKED_AT:
                return 2 * sounds > seen
    return 2 * sounds > seen


def usual_rate(sounds: Sequence[Sound]) -> int:
    """The commonest rate, 16,000 where it is higher.

    >>> from seqloom.data.sounds.sound import Array
    >>> import numpy as np
    >>> usual_rate([Array.of(np.zeros(9), rate) for rate in (8000, 8000, 44_100)])
    8000
    """
    (rate, _), *_ = Counter(sound.rate for sound in sounds).most_common(1)
    return min(rate, _MOST_RATE)


def changes(sounds: Sequence[Sound], rate: int) -> list[str]:
    """What is done to sounds to make one channel of ``rate`` samples a second of each: a sentence, if anything is."""
    others = Counter(sound.rate for sound in sounds if sound.rate != rate)
    mixed = sum(sound.channels > 1 for sound in sounds)
    said = [f"{count:,} of {one:,} Hz are resampled to {rate:,}" for one, count in others.most_common()]
    said += [f"{mixed:,} have several channels, whose mean is taken"] * bool(mixed)
    return [f"Of {len(sounds):,} sounds, {'; '.join(said)}."] if said else []
