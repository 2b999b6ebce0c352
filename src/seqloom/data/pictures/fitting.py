"""Pictures of any size as pictures of one."""

from __future__ import annotations

import numpy as np

from seqloom.data.pictures.decoding import Pixels, pillow

__all__ = ["fitted"]

_BESIDE = 128


def fitted(picture: Pixels, size: tuple[int, int], channels: int) -> Pixels:
    """A picture (H, W, C) as one of ``size`` (H', W') and 1 or 3 ``channels``.

    It is scaled as a whole until it just fits, and stands in the middle; what is beside it is grey.

    >>> fitted(np.zeros((4, 2, 1), np.uint8), (4, 4), 3)[0, :, 0]
    array([128,   0,   0, 128], dtype=uint8)
    """
    height, width = picture.shape[:2]
    scale = min(size[0] / height, size[1] / width)
    scaled = max(1, round(scale * height)), max(1, round(scale * width))
    if scaled != (height, width):
        images = pillow()
        flat = images.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
        how = images.Resampling.BOX if scale > 1 else images.Resampling.LANCZOS
        picture = np.array(flat.resize(scaled[::-1], how)).reshape(*scaled, picture.shape[2])
    if picture.shape[2] != channels:
        picture = np.repeat(picture, 3, 2) if channels == 3 else _grey(picture)
    if scaled == size:
        return picture
    found = np.full((*size, channels), _BESIDE, np.uint8)
    top, left = (size[0] - scaled[0]) // 2, (size[1] - scaled[1]) // 2
    found[top : top + scaled[0], left : left + scaled[1]] = picture
    return found


def _grey(picture: Pixels) -> Pixels:
    """Brightness by ITU-R 601-2: .299 R + .587 G + .114 B."""
    weights = np.array([0.299, 0.587, 0.114])
    grey: Pixels = (picture @ weights + 0.5).astype(np.uint8)[:, :, None]
    return grey
