"""Sound that comes through a pipe: wav, or plain samples, in pieces as they are there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.sounds.wav import Format, decoded, read_format
from seqloom.errors import DataError

__all__ = ["arriving"]

_MOST_HEADER: Final = 1 << 16


def arriving(
    file: BinaryIO, rate: int, seconds: float = 0.02, name: str = "standard input"
) -> Iterator[NDArray[np.float32]]:
    """Pieces of so many ``seconds``, the mean of all channels, float32 between −1 and 1.

    What begins with RIFF is a wav file, which may not know its length; all else are samples of 16 bits, the lower byte
    first, one channel of ``rate`` samples a second. Raises DataError for a wav file of another rate or kind.

    >>> import io
    >>> [len(piece) for piece in arriving(io.BytesIO(bytes(800)), rate=8000)]
    [160, 160, 80]
    """
    head = file.read(4)
    form, left = Format(False, 16, 1, rate), -1
    if head == b"RIFF":
        form, left = _header(file, name)
        head = b""
    if form.rate != rate:
        raise DataError(
            f"{name} has {form.rate:,} samples a second, and the model hears {rate:,}. Pipe it through: ffmpeg -i - "
            f"-ar {rate} -f wav -"
        )
    size = max(1, round(seconds * rate)) * form.frame
    while left:
        want = size - len(head) if left < 0 else min(size - len(head), left)
        data = head + file.read(want)
        left -= len(data) if left > 0 else 0
        head = b""
        whole = len(data) // form.frame * form.frame
        if whole:
            piece = decoded(data[:whole], form)
            if not np.isfinite(piece).all():
                raise DataError(f"{name}: a sample is no finite number.")
            yield piece
        if len(data) < min(size, want):
            return


def _header(file: BinaryIO, name: str) -> tuple[Format, int]:
    """The format of a wav file whose first four bytes were read, and the bytes of its samples, −1 if it knows not."""
    file.read(8)
    form, read = None, 0
    while read < _MOST_HEADER:
        kind, length = file.read(4), int.from_bytes(file.read(4), "little")
        read += 8 + length
        if kind == b"data" and form is not None:
            return form, -1 if length in (0, 0xFFFFFFFF) or length > 0x7FFFFF00 else length
        if kind in (b"", b"data") or read > _MOST_HEADER:
            break
        data = file.read(length + length % 2)
        if kind == b"fmt ":
            form = read_format(data[:40], name, Path("FILE"))
    raise DataError(f"{name} begins as a wav file, but has no {'samples' if form else 'format'}.")
