"""Series in numpy's ``.npz``, without pickles: nothing in it is run."""

from __future__ import annotations

import math
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.series.recordings import Sample
from seqloom.data.text.folder import natural
from seqloom.data.text.reader import shown, text_size
from seqloom.errors import DataError, listed

__all__ = ["has_fractions", "read_array", "read_npz"]

_SERIES: Final = ("X", "x", "series", "values", "data")
_LABELS: Final = ("y", "labels", "label", "targets", "target")
_PART: Final = re.compile(r"(.+)_(train|training|test|val|valid|validation)")
_LENGTHS, _CHANNELS, _NAMES = "lengths", "channels", "names"
_KNOWN: Final = (*_SERIES, *_LABELS, _LENGTHS, _CHANNELS, _NAMES)
_MOST_BYTES: Final = 16 << 30
_LONGEST_HEADER: Final = 10_000
_HEADER: Final = re.compile(
    r"\{'descr': '(?P<kind>[<>|=][biufU][0-9]{1,6}|\|O)', 'fortran_order': (?P<columns>True|False), "
    r"'shape': \((?P<shape>(?:[0-9]{1,18}, ?)*(?:[0-9]{1,18})?)\),? ?\}\s*"
)
"""What numpy writes: anything else is not read."""
_SURROGATES: Final = 0xD800 >> 11


def read_npz(path: str | Path) -> Iterator[Sample]:
    """The series of a file, in one of three forms, with labels (N,) in ``y`` or ``labels`` where it has some.

    ``X`` (N, T, D) or (N, T), with ``lengths`` (N,) where the rest is padding; ``X`` (sum of lengths, D) with
    ``lengths``: one series after the other; or an array (T, D) or (T,) for each series, in the natural order of their
    names. ``X`` may be called ``data``, or ``X_train`` beside ``y_train`` where there is no other part. ``channels``
    (D,) and ``names`` (N,) may name them. Raises DataError that names the array: for objects, shapes that do not fit
    each other, text where numbers are expected, sizes beyond what the file holds.
    """
    name = shown(str(path))
    text_size(Path(path))
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = _arrays(archive, name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"{name} is no .npz file, or a damaged one: {error}.") from error
    arrays = _of_one_part(arrays, name)
    labels = next((arrays.pop(key) for key in _LABELS if key in arrays), None)
    lengths, channels, names = (arrays.pop(key, None) for key in (_LENGTHS, _CHANNELS, _NAMES))
    series = _series(arrays, lengths, name)
    for what, values, count in (("labels", labels, len(series)), (_NAMES, names, len(series))):
        if values is not None and values.shape != (count,):
            raise DataError(f"{name}: expected {what} ({count},), one for each series, got {values.shape}.")
    for number, (key, rows) in enumerate(series):
        if rows.dtype.kind == "U" or rows.ndim > 2 or not rows.ndim:
            raise DataError(f"{name}: expected numbers (T, D) in {key}, got {rows.dtype} {rows.shape}.")
        rows = rows[:, None] if rows.ndim == 1 else rows
        if channels is not None and channels.shape != (rows.shape[1],):
            raise DataError(f"{name}: expected channels ({rows.shape[1]},), as {key} has, got {channels.shape}.")
        called = channels if channels is not None else range(1, rows.shape[1] + 1)
        yield Sample(
            str(names[number]) if names is not None else f"{name}, {key}",
            rows,
            tuple(f"channel {one}" if channels is None else str(one) for one in called),
            None if labels is None else str(labels[number]),
        )


def has_fractions(path: Path) -> bool:
    """Whether the labels of a file are numbers with fractions; False for a file that cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = [member for member in archive.infolist() if _is_of_labels(member.filename.removesuffix(".npy"))]
            for member in wanted:
                with archive.open(member) as file:
                    labels = read_array(file, member.file_size, member.filename)
                if labels.dtype.kind == "f" and (labels != labels.round()).any():
                    return True
    except (DataError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error):
        return False
    return False


def _is_of_labels(key: str) -> bool:
    part = _PART.fullmatch(key)
    return (part[1] if part else key) in _LABELS


def _arrays(archive: zipfile.ZipFile, name: str) -> dict[str, NDArray[Any]]:
    found = {}
    room = _MOST_BYTES
    for member in archive.infolist():
        if not member.filename.endswith(".npy"):
            raise DataError(f"{name} holds {shown(member.filename)}, expected arrays alone.")
        key = member.filename.removesuffix(".npy")
        room -= member.file_size
        if room < 0:
            raise DataError(f"{name} holds more than {_MOST_BYTES >> 20:,} MiB. Split it.")
        with archive.open(member) as file:
            found[key] = read_array(file, member.file_size, f"{name}: array {shown(key)}")
    return found


def read_array(file: IO[bytes], size: int, name: str) -> NDArray[Any]:
    """One array, once its header has been held against the bytes that are there."""
    begin = file.read(8)
    wide = 2 if begin[6:7] == b"\1" else 4
    room = int.from_bytes(file.read(wide), "little")
    header = _HEADER.fullmatch(file.read(min(room, _LONGEST_HEADER)).decode("latin-1"))
    if begin[:6] != b"\x93NUMPY" or header is None:
        raise DataError(f"{name}: expected numbers or text of numpy, got something else.")
    if header["kind"][-1:] == "O":
        raise DataError(f"{name}: expected numbers or text, got objects, which need a pickle.")
    shape = [int(length) for length in header["shape"].split(",") if length.strip()]
    try:
        kind = np.dtype(header["kind"])
    except TypeError:
        raise DataError(f"{name}: numpy knows no numbers {header['kind']}.") from None
    count, rest = math.prod(shape), size - len(begin) - wide - room
    if count * kind.itemsize != rest or not kind.itemsize:
        raise DataError(f"{name} is damaged: {tuple(shape)} of {kind} does not take {rest:,} bytes.")
    data = file.read(rest)
    if len(data) < rest:
        raise DataError(f"{name} is cut off after {len(data):,} bytes.")
    if kind.kind == "U" and rest:
        points = np.frombuffer(data, np.dtype("u4").newbyteorder(kind.byteorder))
        if points.max() > sys.maxunicode or ((points >> 11) == _SURROGATES).any():
            raise DataError(f"{name} is damaged: it holds text with characters that are none.")
    return np.frombuffer(data, kind).reshape(shape, order="F" if header["columns"] == "True" else "C")


def _without_series(keys: list[str]) -> str:
    """What is wrong where no array, or none alone, can be the series."""
    known = next((key for key in _SERIES if key in keys), None)
    if known is not None:
        others = listed([key for key in keys if key != known])
        return f"has arrays {others} beside {known}, which are not known. Leave them out."
    has = f"it has {listed(keys)}" if keys else "it has labels alone"
    return f"has no array X for the series (N, T, D); {has}. Call them X, and the labels y."


def _of_one_part(arrays: dict[str, NDArray[Any]], name: str) -> dict[str, NDArray[Any]]:
    """The arrays, those of the one part of a data set without its name. DataError where they are of several."""
    parts = {key: found for key in arrays if (found := _PART.fullmatch(key)) and found[1] in _KNOWN}
    if len({found[2] for found in parts.values()}) > 1:
        raise DataError(
            f"{name} has no array X; it has {listed([*arrays])}. Save each part in a file of its own, as X and y."
        )
    return {parts[key][1] if key in parts else key: values for key, values in arrays.items()}


def _series(arrays: dict[str, NDArray[Any]], lengths: NDArray[Any] | None, name: str) -> list[tuple[str, NDArray[Any]]]:
    """Each series with what messages call it."""
    key: str | None = next((key for key in _SERIES if key in arrays and len(arrays) == 1), None)
    if len(arrays) == 1 and [rows.ndim for rows in arrays.values()] == [3]:
        (key,) = arrays
    if key is None:
        if lengths is not None or not arrays or any(rows.ndim > 2 for rows in arrays.values()):
            raise DataError(f"{name} {_without_series(list(arrays))}")
        return sorted(arrays.items(), key=lambda pair: natural(pair[0]))
    rows = arrays[key]
    if rows.ndim not in (2, 3) or rows.dtype.kind == "U":
        raise DataError(f"{name}: expected numbers {key} (N, T, D) or (N, T), got {rows.dtype} {rows.shape}.")
    if lengths is None:
        return [(f"{key}[{place}]", one) for place, one in enumerate(rows)]
    if lengths.ndim != 1 or lengths.dtype.kind not in "iu" or (len(lengths) and lengths.min() < 0):
        raise DataError(
            f"{name}: expected whole numbers lengths (N,) of at least 0, got {lengths.dtype} {lengths.shape}."
        )
    steps = [int(length) for length in lengths]
    if rows.ndim == 2 and sum(steps) == len(rows):
        ends = np.cumsum(steps)
        return [(f"{key}[{place}]", rows[end - steps[place] : end]) for place, end in enumerate(ends)]
    if len(steps) != len(rows) or max(steps, default=0) > rows.shape[1]:
        raise DataError(f"{name}: the lengths fit neither {key} {rows.shape} nor one series after the other.")
    return [(f"{key}[{place}]", one[: steps[place]]) for place, one in enumerate(rows)]
