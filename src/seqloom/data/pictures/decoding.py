"""One picture from a file, decoded in a bounded way: what its header says is checked before its pixels are."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.text.reader import no_such_file
from seqloom.errors import DataError, MissingExtraError

__all__ = ["MOST_PIXELS", "Header", "Kind", "Pixels", "frames_of", "kind_of", "pillow", "read_header", "read_picture"]

Pixels = NDArray[np.uint8]
Kind = str
"""The name of a format, as Pillow has it."""
MOST_PIXELS: Final = 50_000_000
"""Of one picture: about 200 MB while it is decoded."""
_FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
"""Those that are decoded by code which many eyes look at; none of them runs another program, as EPS does."""
_BEGINNINGS: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    *((b"P%d" % number + space, "PPM") for number in range(1, 7) for space in (b"\n", b" ", b"\r", b"\t")),
)
_GREY: Final = ("1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N")
_WIDE: Final = ("I", "I;16", "I;16L", "I;16B", "I;16N")
_SEE_THROUGH: Final = ("LA", "La", "PA", "RGBA", "RGBa")
_FLOAT: Final = ("F", "F;16", "F;32")
_WHITE: Final = 255
_STRIP: Final = 256
"""Rows that are changed at once."""
_TURNED: Final = 0x0112
"""The number of EXIF's note on how the camera was held."""


class Header(NamedTuple):
    """What a file says of its picture before it is decoded: H, W, whether it has colours, and how many frames."""

    height: int
    width: int
    has_colours: bool
    frames: int


def kind_of(path: Path) -> Kind | None:
    """The format of a file by its first bytes, whatever it is called; None for what is no picture, or unreadable."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return None
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for begin, kind in _BEGINNINGS if head.startswith(begin)), None)


def pillow(module: str = "Image") -> Any:
    """A module of Pillow; MissingExtraError where it is not installed."""
    try:
        return importlib.import_module(f"PIL.{module}")
    except ImportError:
        raise MissingExtraError("Pillow", "pictures") from None


def read_header(path: str | Path) -> Header:
    """What a file says of its picture. Raises DataError that names it, as :func:`read_picture` does."""
    with _opened(Path(path)) as image:
        width, height = image.size
        notes_follow = image.format == "PNG" and "exif" not in image.info  # asking for them decodes the pixels
        if not notes_follow and image.getexif().get(_TURNED, 1) >= 5:
            width, height = height, width
        colours = image.mode not in _GREY and not _has_grey_palette(image)
        return Header(height, width, colours, int(getattr(image, "n_frames", 1)))


def read_picture(path: str | Path, within: tuple[int, int] | None = None) -> Pixels:
    """The first frame of a picture (H, W, 3), or (H, W, 1) of one in grey, turned as its camera was held.

    PNG, JPEG, GIF, BMP, WebP, TIFF and PPM, of 1 to 16 bits. What is see-through stands before white, CMYK becomes RGB.
    A JPEG may come smaller where it is wanted ``within`` (H, W), at least as large. Raises DataError that names the
    file for what is no picture, cut off, damaged or of more than 50 million pixels, MissingExtraError without Pillow.
    """
    with _opened(Path(path)) as image:
        if within is not None:
            image.draft(None, (within[1], within[0]))
        return _pixels(image, path)


def frames_of(path: str | Path, most: int) -> Iterator[Pixels]:
    """The frames (H, W, C) of an animated picture, all of one size. DataError for more than ``most`` of them."""
    with _opened(Path(path)) as image:
        count = int(getattr(image, "n_frames", 1))
        if count > most:
            raise DataError(f"{path} has {count:,} frames, more than {most:,}.")
        for place in range(count):
            image.seek(place)
            yield _pixels(image, path)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    image_module = pillow()
    if not path.exists():
        raise DataError(no_such_file(str(path)))
    if not path.stat().st_size:
        raise DataError(f"{path} is empty: the file has 0 bytes. Leave it out.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own bound is below that of its warning, and metadata do not matter
            with path.open("rb") as file, image_module.open(file, formats=_FORMATS) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    raise DataError(
                        f"{path} has {width:,} x {height:,} pixels, more than {MOST_PIXELS:,}. Make it smaller first."
                    )
                if image.mode in _FLOAT:
                    raise DataError(f"{path} holds numbers with decimals, expected whole ones from 0 to 255 or 65,535.")
                yield image
    except DataError:
        raise
    except MemoryError:
        raise DataError(f"{path} takes more memory than there is.") from None
    except Exception as error:  # decoders let out whatever their parts raise: OSError, SyntaxError, struct.error, …
        what = str(error) or type(error).__name__
        if isinstance(error, image_module.DecompressionBombError):
            what = f"it has far more than {MOST_PIXELS:,} pixels"
        elif isinstance(error, image_module.UnidentifiedImageError):
            what = f"expected {', '.join(_FORMATS)}"
        raise DataError(f"{path} is no picture that can be read: {what}.") from None


def _pixels(image: Any, path: str | Path) -> Pixels:
    """The frame at which an open picture stands."""
    grey = image.mode in _GREY or _has_grey_palette(image)
    turned = pillow("ImageOps").exif_transpose(image) if image.getexif().get(_TURNED, 1) != 1 else image
    low, high = turned.getextrema() if turned.mode in _WIDE else (0, 0)
    if not 0 <= low <= high <= 0xFFFF:
        raise DataError(f"{path} has values from {low:,} to {high:,}, expected 0 to 65,535.")
    width, height = turned.size
    found = np.empty((height, width, 1 if grey else 3), np.uint8)
    for top in range(0, height, _STRIP):  # what becomes of it takes many times its memory
        part = turned.crop((0, top, width, min(height, top + _STRIP)))
        found[top : top + _STRIP] = _plain(part, grey)
    return found


def _plain(part: Any, grey: bool) -> Pixels:
    """Some rows of a picture as (H, W, 1) in grey, or (H, W, 3): 16 bits as 8, what is see-through before white."""
    if part.mode in _WIDE:
        return ((np.array(part).astype(np.int64) + 128) // 257).astype(np.uint8)[:, :, None]
    if part.mode in _SEE_THROUGH or "transparency" in part.info:
        above = part.convert("RGBA")
        part = pillow().alpha_composite(pillow().new("RGBA", above.size, (_WHITE,) * 4), above)
    found = np.array(part.convert("L" if grey else "RGB"))
    return found[:, :, None] if found.ndim == 2 else found


def _has_grey_palette(image: Any) -> bool:
    """Whether a picture whose colours stand in a table has none but greys there."""
    if image.mode != "P" or image.palette is None:
        return False
    table = np.frombuffer(image.palette.tobytes(), np.uint8)
    if image.palette.mode != "RGB" or not len(table) or len(table) % 3:
        return False
    colours = table.reshape(-1, 3)
    return bool((colours == colours[:, :1]).all())
