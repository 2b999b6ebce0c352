"""What the model of music shows of itself before anything heavy is imported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from seqloom.tasks.door import Claim, Door
from seqloom.tasks.music.settings import MusicSettings

__all__ = ["DOOR", "claims_music", "holds_music"]

_SURE: Final = 0.97
"""More than a folder for each class: pieces lie in folders, too."""
_HEAD: Final = 4096
_PITCHES: Final = re.compile(rb'\s*(?:\{\s*"[^"]*"\s*:\s*)?\[\s*\[\s*\[\s*(?:\d|\])')


def claims_music(path: Path, given: Mapping[str, Any]) -> Claim | None:
    """Claim a folder of MIDI files, one of them, and a file of rolls: JSON of pitches, or ``.mat``."""
    found = holds_music(path)
    return None if found is None else Claim(_SURE, found)


def holds_music(path: Path) -> str | None:
    """What of music is in a file or folder, in words; None where there is none."""
    from seqloom.data.notes.folder import is_midi
    from seqloom.storage.reading import mode_of

    if path.is_dir():
        if mode_of(path / "manifest.json"):
            return None
        found = sum(is_midi(one) for one in path.rglob("*") if not one.name.startswith("."))
        others = sum(not is_midi(one) for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
        return f"{found:,} MIDI files" if found > others else None
    if is_midi(path):
        return "a MIDI file"
    suffix = path.suffix.lower()
    if suffix == ".mat":
        return "piano rolls (.mat)"
    return "piano rolls, as lists of pitches" if suffix == ".json" and _PITCHES.match(_head(path)) else None


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""


DOOR = Door(
    "seqloom.tasks.music.music_model:MusicModel",
    MusicSettings,
    claims=claims_music,
    then="Write music with it:  seqloom generate {run} -o tune.mid",
)
"""That of music."""
