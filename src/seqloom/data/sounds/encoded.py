"""Sounds in packed formats, by the package soundfile: flac, ogg, mp3, aiff."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.sounds.sound import Sound, check_rate
from seqloom.data.text.reader import shown, text_size
from seqloom.errors import DataError, MissingExtraError

__all__ = ["Encoded"]

_LONGEST: Final = 48 * 3600
"""Seconds."""
_CHANNELS: Final = 64
_DENSEST: Final = 20_000
"""Samples that a byte may stand for: more than any packer reaches on silence."""
_BLOCK: Final = 1 << 18


@final
@dataclass(frozen=True)
class Encoded(Sound):
    """The samples of a packed file; what is not read is not unpacked."""

    path: Path

    @classmethod
    def open(cls, path: str | Path, name: str = "") -> Encoded:
        """Look at a file; MissingExtraError without soundfile, DataError for a file that it cannot read."""
        path, name = Path(path), name or shown(str(path))
        size = text_size(path)
        package = _package()
        try:
            found = package.info(str(path))
        except (RuntimeError, TypeError, ValueError) as error:
            raise DataError(f"{name} cannot be read as sound: {error}.") from error
        check_rate(name, found.samplerate)
        if not 1 <= found.frames <= min(_LONGEST * found.samplerate, _DENSEST * size):
            raise DataError(
                f"{name}: its header says {found.frames:,} samples, in {size:,} bytes. Expected at least one, and what "
                "such a file can hold."
            )
        if not 1 <= found.channels <= _CHANNELS:
            raise DataError(f"{name}: expected 1 to {_CHANNELS} channels, got {found.channels}.")
        return cls(name, found.samplerate, found.frames, found.channels, path)

    def _read(self, begin: int, end: int) -> NDArray[np.float32]:
        parts = []
        try:
            with _package().SoundFile(str(self.path)) as file:
                file.seek(begin)
                while begin < end:
                    part = file.read(min(_BLOCK, end - begin), dtype="float32", always_2d=True)
                    if not len(part):
                        raise DataError(
                            f"{self.name}: its header says {self.samples:,} samples, but {begin:,} are there. It is "
                            "cut short: get it anew."
                        )
                    parts.append(part.mean(1))
                    begin += len(part)
        except (RuntimeError, OSError) as error:
            raise DataError(f"{self.name} cannot be read as sound: {error}.") from error
        return np.concatenate(parts)


def _package() -> Any:
    try:
        return importlib.import_module("soundfile")
    except (ImportError, OSError) as error:
        raise MissingExtraError("soundfile", "sound") from error
