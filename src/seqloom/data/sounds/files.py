"""The one door to a file of sound."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from seqloom.data.sounds.encoded import Encoded
from seqloom.data.sounds.sound import Sound
from seqloom.data.sounds.wav import Wav

__all__ = ["SUFFIXES", "is_sound", "open_sound"]

_PLAIN: Final = (".wav", ".wave")
_PACKED: Final = (".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64", ".rf64")
SUFFIXES: Final = (*_PLAIN, *_PACKED)
"""Of names of files that are taken for sounds."""


def is_sound(path: str | os.PathLike[str]) -> bool:
    """Whether a file is one of sound, by its name.

    >>> is_sound("a/One.WAV"), is_sound("a/one.txt")
    (True, False)
    """
    return os.fspath(path).lower().endswith(SUFFIXES)


def open_sound(path: str | Path, name: str = "") -> Sound:
    """Look at a file of sound, whose samples are read when asked for; messages call it ``name`` (default: its path).

    A wav file of plain numbers is read here, other formats by the package soundfile (the extra ``sound``). Raises
    DataError for a file that cannot be read, MissingExtraError where soundfile is wanted and not installed.
    """
    return Encoded.open(path, name) if str(path).lower().endswith(_PACKED) else Wav.open(path, name)
