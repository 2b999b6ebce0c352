"""What is to be seen at some paths: pictures, videos, or features that were computed elsewhere; and their reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.lazy_rows import LazyRows
from seqloom.data.pictures.decoding import Header, Pixels, read_header
from seqloom.data.pictures.pictures import KEPT_BYTES, PICTURE_SUFFIXES
from seqloom.data.pictures.video import FILMS, frame_count, is_video, read_video
from seqloom.data.problems import Problems
from seqloom.data.series.npz import read_array
from seqloom.errors import DataError

__all__ = ["SUFFIXES", "Seen", "feature_rows", "first_frames", "seen_at", "video_rows"]

SUFFIXES: Final = (*PICTURE_SUFFIXES, *FILMS, ".npy")
_LOOKED_AT: Final = 16


class Seen(StrEnum):
    """What examples are."""

    PICTURES = "pictures"
    VIDEOS = "videos"
    FEATURES = "features"

    def is_like(self, path: Path) -> bool:
        """Whether a path is of this kind, by its name."""
        if self is Seen.PICTURES:
            return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()
        if self is Seen.FEATURES:
            return path.suffix.lower() == ".npy"
        return path.is_dir() or path.suffix.lower() in (".gif", ".npy", *FILMS)


def seen_at(paths: Sequence[Path]) -> Seen:
    """What most of some paths are, by a few of them."""
    looked = paths[:: max(1, len(paths) // _LOOKED_AT)]
    return Counter(map(_seen, looked)).most_common(1)[0][0]


def _seen(path: Path) -> Seen:
    if path.suffix.lower() == ".npy" and path.is_file():
        return Seen.VIDEOS if _array(path).dtype == np.uint8 else Seen.FEATURES
    try:
        return Seen.VIDEOS if is_video(path) else Seen.PICTURES
    except DataError:
        return Seen.PICTURES


def first_frames(paths: Sequence[Path]) -> list[Header]:
    """The size of the first frame of a few videos."""
    found = []
    for path in paths[:: max(1, len(paths) // _LOOKED_AT)]:
        if path.is_file() and path.suffix.lower() not in (".npy", *FILMS):
            found.append(read_header(path))
        else:
            height, width, channels = read_video(path, most=1).shape[1:]
            found.append(Header(height, width, channels == 3, 1))
    return found


def video_rows(source: str, paths: Sequence[Path], size: tuple[int, int], channels: int, most: int) -> LazyRows[Pixels]:
    """Each video (T, H, W, C), fitted into ``size``, up to ``most`` frames. DataError that names all without frames."""
    lengths, problems = [], Problems(source)
    for path in paths:
        with problems.noting(path.name, f"{path} "):
            lengths.append(frame_count(path, most))
    problems.refuse()
    keep = sum(lengths) * size[0] * size[1] * channels <= KEPT_BYTES

    def frames(place: int) -> Pixels:
        found = read_video(paths[place], size, most)
        return found if found.shape[3] == channels else np.repeat(found[..., :1], channels, 3)

    return LazyRows(frames, lengths, keep)


def feature_rows(source: str, paths: Sequence[Path]) -> list[NDArray[np.float32]]:
    """Features (S, M) of each, from arrays (M,), (S, M) or (rows, columns, M). DataError that names all other ones."""
    found, problems = [], Problems(source)
    for path in paths:
        values = _array(path)
        if values.dtype.kind != "f" or not 1 <= values.ndim <= 3 or not values.size or not np.isfinite(values).all():
            problems.add(path.name, f"expected finite floats (S, M), got {values.dtype} {values.shape}.")
        else:
            found.append(values.reshape(-1, values.shape[-1]).astype(np.float32))
    problems.refuse()
    return found


def _array(path: Path) -> NDArray[Any]:
    with path.open("rb") as file:
        return read_array(file, path.stat().st_size, str(path))
