"""Picture files of every kind, made for tests."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 6, 9
COLOURS = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
_RGB = Image.fromarray(COLOURS)
_WIDE = Image.fromarray(np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 257)


def _saved(image: Any, kind: str, **more: Any) -> bytes:
    page = io.BytesIO()
    image.save(page, kind, **more)
    return page.getvalue()


def _turned() -> Any:
    note = Image.Exif()
    note[0x0112] = 6
    return note


FILES = {
    "rgb.png": _saved(_RGB, "PNG"),
    "rgb.jpg": _saved(_RGB, "JPEG", quality=95),
    "rgb.bmp": _saved(_RGB, "BMP"),
    "rgb.webp": _saved(_RGB, "WEBP", lossless=True),
    "rgb.tif": _saved(_RGB, "TIFF"),
    "rgb.ppm": _saved(_RGB, "PPM"),
    "cmyk.jpg": _saved(_RGB.convert("CMYK"), "JPEG"),
    "grey.png": _saved(_RGB.convert("L"), "PNG"),
    "grey_alpha.png": _saved(_RGB.convert("LA"), "PNG"),
    "alpha.png": _saved(_RGB.convert("RGBA"), "PNG"),
    "bits.png": _saved(_RGB.convert("1"), "PNG"),
    "palette.png": _saved(_RGB.quantize(8), "PNG"),
    "palette_transparent.png": _saved(_RGB.quantize(8), "PNG", transparency=0),
    "grey.gif": _saved(_RGB.convert("L"), "GIF"),
    "wide.png": _saved(_WIDE, "PNG"),
    "wide.tif": _saved(_WIDE, "TIFF"),
    "turned.jpg": _saved(_RGB, "JPEG", exif=_turned()),
    "animated.gif": _saved(_RGB, "GIF", save_all=True, append_images=[_RGB.rotate(180), _RGB.convert("L")]),
    "animated.webp": _saved(_RGB, "WEBP", save_all=True, append_images=[_RGB.rotate(180)], lossless=True),
}
GREY = {name for name in FILES if name.startswith(("grey", "bits", "wide"))}
