"""RIFF/WAVE files of plain numbers, read in parts; what their header says is held against the bytes that are there.

Source: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (1991), and "Multiple channel audio
data and WAVE files" (2001) for WAVE_FORMAT_EXTENSIBLE.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import BinaryIO, Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.sounds.kinds import HEAD, no_sound
from seqloom.data.sounds.sound import Sound, check_rate
from seqloom.data.text.reader import no_such_file, shown
from seqloom.errors import DataError

__all__ = ["Format", "Wav", "decoded", "read_format"]

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_CODECS: Final = {2: "ADPCM", 6: "a-law", 7: "mu-law", 17: "IMA ADPCM", 49: "GSM 6.10", 85: "MP3", 255: "AAC"}
_WIDTHS: Final = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}
_GUID: Final = bytes.fromhex("000000001000800000aa00389b71")
"""What follows the format tag in the identity of an extensible format's own kind."""
_FMT: Final = struct.Struct("<HHIIHH")
_MOST_CHUNKS, _MOST_CHANNELS = 1000, 64
_BLOCK: Final = 1 << 20


class Format(NamedTuple):
    """Samples as bytes: whole numbers or ``floats`` of ``bits``, ``channels`` of them side by side."""

    floats: bool
    bits: int
    channels: int
    rate: int

    @property
    def frame(self) -> int:
        """The bytes of one sample of all channels."""
        return self.bits // 8 * self.channels


@final
@dataclass(frozen=True)
class Wav(Sound):
    """The samples of a wav file: ``open`` reads its header alone."""

    path: Path
    form: Format
    offset: int

    @classmethod
    def open(cls, path: str | Path, name: str = "") -> Wav:
        """Look at a file whose messages call it ``name``.

        Raises DataError for one that is not there, is no RIFF/WAVE, has another codec, more bytes or fewer than its
        header says, or no sample.
        """
        path, name = Path(path), name or shown(str(path))
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                form, offset, length = _header(file, size, name, path)
        except FileNotFoundError:
            raise DataError(no_such_file(str(path))) from None
        except OSError as error:
            raise DataError(f"Cannot read {name}: {error.strerror}.") from error
        samples = length // form.frame
        if not samples:
            raise DataError(f"{name} has no samples: 0 seconds of sound. Leave it out.")
        return cls(name, form.rate, samples, form.channels, path, form, offset)

    def _read(self, begin: int, end: int) -> NDArray[np.float32]:
        found = np.empty(end - begin, np.float32)
        step = max(1, _BLOCK // self.form.frame)
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset + begin * self.form.frame)
                for place in range(0, len(found), step):
                    count = min(step, len(found) - place)
                    data = file.read(count * self.form.frame)
                    if len(data) < count * self.form.frame:
                        raise DataError(f"{self.name} shrank while it was read. Wait until nothing writes to it.")
                    found[place : place + count] = decoded(data, self.form)
        except OSError as error:
            raise DataError(f"Cannot read {self.name}: {error.strerror}.") from error
        return found


def decoded(data: bytes, form: Format) -> NDArray[np.float32]:
    """Whole frames → the mean of their channels (samples,), whole numbers over their largest.

    >>> decoded(bytes([0, 64, 0, 192]), Format(False, 16, 1, 8000)).tolist()
    [0.5, -0.5]
    """
    values: NDArray[np.float32]
    if form.floats:
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.frombuffer(data, f"<f{form.bits // 8}").astype(np.float32)
    elif form.bits == 8:
        values = (np.frombuffer(data, np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)
    elif form.bits == 24:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        values = wide.view("<i4")[:, 0].astype(np.float32) / np.float32(1 << 31)
    else:
        values = np.frombuffer(data, f"<i{form.bits // 8}").astype(np.float32) / np.float32(1 << form.bits - 1)
    return values if form.channels == 1 else values.reshape(-1, form.channels).mean(1)


def _header(file: BinaryIO, size: int, name: str, path: Path) -> tuple[Format, int, int]:
    """The format, and where in the file the samples begin and how many bytes they take."""
    head = file.read(12)
    if not size:
        raise DataError(f"{name} is empty: the file has 0 bytes. Leave it out.")
    if head[:4] in (b"RF64", b"RIFX", b"BW64", b"riff"):
        raise DataError(f"{name} is of the kind {head[:4].decode()}. {_convert(path)}")
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        if why := no_sound(head + file.read(HEAD)):
            raise DataError(f"{name} is no sound, whatever its name says, {why}. Get it anew, or leave it out.")
        raise DataError(f"{name} is no wav file: expected RIFF and WAVE at its begin. {_convert(path)}")
    form = None
    for kind, place, length in _chunks(file, size):
        if place + length > size:
            raise DataError(
                f"{name}: its header says that {_said(kind)} takes {length:,} bytes, but {size - place:,} are there. "
                f"The file is cut short, or its header is wrong. {_convert(path)}"
            )
        if kind == b"fmt ":
            form = read_format(file.read(min(length, 40)), name, path)
        elif kind == b"data":
            if form is None:
                raise DataError(f"{name} is damaged: its samples come before their format. {_convert(path)}")
            return form, place, length
    raise DataError(f"{name} is damaged: it has no chunk of {'samples' if form else 'format'}. {_convert(path)}")


def _chunks(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind, place and length of each chunk."""
    place = 12
    for _ in range(_MOST_CHUNKS):
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            return
        kind, length = struct.unpack("<4sI", head)
        yield kind, place + 8, length
        place += 8 + length + length % 2


def _said(kind: bytes) -> str:
    return "sound" if kind == b"data" else f"its part {kind.decode('ascii', 'replace')!r}"


def read_format(data: bytes, name: str, path: Path) -> Format:
    """The format in the chunk "fmt "; DataError for one that is not read, or contradicts itself."""
    if len(data) < _FMT.size:
        raise DataError(f"{name} is damaged: its format takes {len(data)} bytes, expected {_FMT.size} at least.")
    tag, channels, rate, _, frame, bits = _FMT.unpack_from(data)
    if tag == _EXTENSIBLE:
        if len(data) < 40 or data[26:40] != _GUID:
            raise DataError(f"{name}: its extensible format is of an unknown kind. {_convert(path)}")
        tag = int.from_bytes(data[24:26], "little")
    if tag not in _WIDTHS:
        raise DataError(f"{name} is packed by {_CODECS.get(tag, f'the codec {tag}')}, expected PCM. {_convert(path)}")
    if bits not in _WIDTHS[tag]:
        widths = ", ".join(map(str, _WIDTHS[tag]))
        raise DataError(f"{name} has {bits} bits a sample, expected {widths}. {_convert(path)}")
    check_rate(name, rate)
    form = Format(tag == _FLOAT, bits, channels, rate)
    if not 1 <= channels <= _MOST_CHANNELS or frame != form.frame:
        raise DataError(
            f"{name} is damaged: {channels} channels of {bits} bits do not take {frame} bytes. {_convert(path)}"
        )
    return form


def _convert(path: Path) -> str:
    new = path.with_name(f"{path.stem}-pcm.wav")
    return f"Convert it: ffmpeg -i {quote(str(path))} -c:a pcm_s16le {quote(str(new))}"
