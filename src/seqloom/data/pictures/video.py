"""One video from a folder of frames, an animated picture, a stack of numpy or a film: (T, H, W, C) of uint8."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import Any, Final

import numpy as np

from seqloom.data.pictures.decoding import Pixels, frames_of, kind_of, read_header, read_picture
from seqloom.data.pictures.fitting import fitted
from seqloom.data.series.npz import read_array
from seqloom.data.text.folder import natural
from seqloom.errors import DataError

__all__ = ["FILMS", "MOST_FRAMES", "frame_count", "is_video", "read_stack", "read_video"]

FILMS: Final = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg")
MOST_FRAMES: Final = 10_000
"""Of one video, before some are chosen."""
_MOST_BYTES: Final = 1 << 30


def is_video(path: Path) -> bool:
    """Whether there are frames at ``path``: a folder of pictures, an animated picture, a stack (.npy) or a film."""
    if path.is_dir():
        return bool(_frame_files(path))
    if path.suffix.lower() in (*FILMS, ".npy"):
        return True
    return kind_of(path) in ("GIF", "WEBP", "TIFF", "PNG") and read_header(path).frames > 1


def frame_count(path: str | Path, most: int) -> int:
    """How many frames :func:`read_video` gives."""
    path = Path(path)
    if path.is_dir():
        count = len(_frame_files(path))
    elif path.suffix.lower() in FILMS:
        count = sum(1 for _ in _film(path))
    elif path.suffix.lower() == ".npy":
        count = len(read_stack(path))
    else:
        count = read_header(path).frames
    return min(count, most)


def read_video(path: str | Path, size: tuple[int, int] | None = None, most: int = 64) -> Pixels:
    """The frames of a video (T, H, W, C), up to ``most`` of them, evenly spaced; fitted into ``size`` (H, W) if given.

    ``path`` is a folder of pictures (in the natural order of their names), an animated GIF, WebP, PNG or TIFF, a stack
    (T, H, W, C) or (T, H, W) of uint8 in ``.npy``, or a film, which needs PyAV (``pip install 'seqloom[video]'``).
    Raises DataError that names the file, for frames of different size too where no ``size`` is given.
    """
    frames, room = list[Pixels](), _MOST_BYTES
    for frame in _chosen_frames(Path(path), most):
        at = size or frame.shape[:2]
        if frames and frames[0].shape[:2] != at:
            raise DataError(f"{path}: expected frames of one size, got {frames[0].shape[:2]} and {at} (H, W).")
        frames.append(fitted(frame, at, frame.shape[2]))
        room -= frames[-1].nbytes
        if room < 0:
            raise DataError(f"{path} takes more than {_MOST_BYTES >> 20:,} MiB. Take fewer frames, or smaller ones.")
    if not frames:
        raise DataError(f"{path}: expected frames, found none.")
    channels = max(frame.shape[2] for frame in frames)
    found: Pixels = np.stack([fitted(frame, frame.shape[:2], channels) for frame in frames])
    return found


def _chosen_frames(path: Path, most: int) -> Iterator[Pixels]:
    """Up to ``most`` frames as they are, evenly spaced."""
    if path.is_dir():
        files = _frame_files(path)
        yield from (read_picture(files[place]) for place in _spaced(len(files), most))
    elif path.suffix.lower() == ".npy":
        stack = read_stack(path)
        yield from (stack[place] for place in _spaced(len(stack), most))
    else:
        count = frame_count(path, MOST_FRAMES)
        every = _film(path) if path.suffix.lower() in FILMS else frames_of(path, MOST_FRAMES)
        wanted = {*_spaced(count, most)}
        yield from (frame for place, frame in enumerate(every) if place in wanted)


def read_stack(path: Path) -> Pixels:
    """The frames (T, H, W, C) in a ``.npy``; DataError for what holds none."""
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        raise DataError(f"{path}: expected a stack of frames of up to {_MOST_BYTES >> 20:,} MiB.")
    with path.open("rb") as file:
        found = read_array(file, path.stat().st_size, str(path))
    if found.ndim == 3:
        found = found[..., None]
    if found.dtype != np.uint8 or found.ndim != 4 or found.shape[3] not in (1, 3) or not found.size:
        raise DataError(
            f"{path}: expected frames (T, H, W, 3), (T, H, W, 1) or (T, H, W) of uint8, got {found.dtype} "
            f"{found.shape}."
        )
    return found


def _frame_files(folder: Path) -> Sequence[Path]:
    files = (file for file in folder.iterdir() if not file.name.startswith(".") and file.is_file())
    return sorted((file for file in files if kind_of(file) is not None), key=lambda file: natural(file.name))


def _spaced(count: int, most: int) -> Sequence[int]:
    """The places of up to ``most`` of ``count`` frames, the first among them."""
    if count <= most:
        return range(count)
    return [place * count // most for place in range(most)]


def _film(path: Path) -> Iterator[Pixels]:
    try:
        av: Any = importlib.import_module("av")
    except ImportError:
        frames = path.with_suffix("")
        raise DataError(
            f"{path} is a film, which PyAV decodes: pip install 'seqloom[video]'. Or make a folder of its frames:  "
            f"mkdir {quote(str(frames))} && ffmpeg -i {quote(str(path))} -vf fps=4 {quote(str(frames))}/%05d.png"
        ) from None
    try:
        with av.open(str(path)) as film:
            for frame in islice(film.decode(video=0), MOST_FRAMES):
                yield frame.to_ndarray(format="rgb24")
    except Exception as error:  # PyAV lets out what ffmpeg says, and more
        raise DataError(f"{path} is no film that can be read: {error}.") from None
