"""Pictures and videos of one size, each channel scaled as all were in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.lazy_rows import LazyRows, lengths_of
from seqloom.data.pictures.decoding import Header
from seqloom.data.pictures.fitting import fitted
from seqloom.data.pictures.pictures import usual_size
from seqloom.errors import DataError
from seqloom.layers import Noise, parse_spec
from seqloom.layers.fronts.picture import PictureFront
from seqloom.layers.spec import FrontTerm
from seqloom.tasks.inputs.inputs import Inputs, Reading

__all__ = ["SIDE", "PictureInputs", "are_pictures", "as_pictures"]

SIDE: Final = 64
"""Pixels of the longer side, where pictures are larger and nothing is said."""
_ROWS: Final = parse_spec("rows").front


@final
@dataclass(frozen=True)
class PictureInputs(Inputs):
    """Pictures (H, W, C) as frames (1, H, W, C), and videos (T, H, W, C), each channel less its mean and over its
    deviation. They are read by the front in words, or row by row where there is none."""

    height: int
    width: int
    channels: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def learned(cls, pictures: Sequence[Any], side: int | None = None) -> Self:
        """The size of some pictures, at most ``side`` pixels on the longer side (default: their own, 64 where they
        differ), and the mean and deviation of each channel."""
        frames = pictures if isinstance(pictures, LazyRows) else [_frames(*one) for one in enumerate(pictures)]
        headers = [_header(one) for one in (frames[:1] if isinstance(frames, LazyRows) else frames)]
        alike = len({one[:2] for one in headers}) == 1
        height, width = headers[0][:2] if alike and side is None else usual_size(headers, side or SIDE)
        channels = 3 if any(one.has_colours for one in headers) else 1
        sized = cls(height, width, channels, (0.0,) * channels, (1.0,) * channels).encode(frames)
        count, total, squares = 0, torch.zeros(channels).double(), torch.zeros(channels).double()
        for one in sized:
            values = one.reshape(-1, channels).double()
            count, total, squares = count + len(values), total + values.sum(0), squares + values.square().sum(0)
        mean = total / count
        deviation = (squares / count - mean.square()).clamp_min(0).sqrt()
        deviation = torch.where(deviation > 1e-6, deviation, 1.0)
        return cls(height, width, channels, tuple(mean.tolist()), tuple(deviation.tolist()))

    @property
    def size(self) -> tuple[int, int, int]:
        """(H, W, C)."""
        return self.height, self.width, self.channels

    def encode(self, X: Sequence[Any]) -> LazyRows[Tensor]:
        """Each as float32 (T, H, W, C), made when it is asked for; uint8 of another size is fitted into this one."""
        mean, deviation = torch.tensor(self.mean), torch.tensor(self.deviation)

        def scaled(place: int) -> Tensor:
            frames = torch.from_numpy(self._sized(place, _frames(place, X[place])).astype(np.float32))
            return (frames - mean) / deviation

        lengths = lengths_of(X) if isinstance(X, LazyRows) else [len(_frames(*one)) for one in enumerate(X)]
        return LazyRows(scaled, lengths)

    def pixels(self, place: int, one: Any) -> NDArray[np.uint8]:
        """A picture or video as frames (T, H, W, C) of uint8, as they are read; other numbers from dark to light."""
        frames = self._sized(place, _frames(place, one))
        if frames.dtype == np.uint8:
            return frames
        least, most = float(frames.min()), float(frames.max())
        return ((frames - least) * (255 / max(most - least, 1e-9))).astype(np.uint8)

    def lengths(self, X: Sequence[Any]) -> list[int]:
        """How many frames each has."""
        return list(self.encode(X).lengths)

    def front(self, term: FrontTerm | None) -> PictureFront:
        """What reads them, in words; row by row where there are none."""
        term = term or _ROWS
        assert term is not None
        return term.build(self.size)

    def reading(self, settings: Any) -> Reading:
        front = self.front(parse_spec(settings.spec).front)
        return Reading(Noise(settings.noise or 0.0), front, front.out_features)

    def to_json(self) -> dict[str, Any]:
        return {"picture": asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse, of what stands under "picture"."""
        mean, deviation = (tuple(map(float, data[name])) for name in ("mean", "deviation"))
        return cls(int(data["height"]), int(data["width"]), int(data["channels"]), mean, deviation)

    def _sized(self, place: int, frames: NDArray[Any]) -> NDArray[Any]:
        if frames.shape[1:] == self.size:
            return frames
        if frames.dtype != np.uint8:
            raise DataError(
                f"X: row {place:,}: expected pictures {self.size} (H, W, C), got {frames.shape[1:]}. Pictures of uint8 "
                "are fitted into one size, other numbers are not."
            )
        return np.stack([fitted(frame, (self.height, self.width), self.channels) for frame in frames])


def are_pictures(X: Sequence[Any]) -> bool:
    """Whether these are pictures or videos: lazy ones, or arrays of three or four axes.

    >>> are_pictures(np.zeros((5, 8, 8, 1))), are_pictures([np.zeros((8, 8))])
    (True, False)
    """
    return bool(len(X)) and getattr(X[0], "ndim", 0) in (3, 4)


def as_pictures(X: Any, spec: str | None) -> Any:
    """Arrays (H, W), where a specification begins with a front of pictures, as (H, W, 1); all else as it is.

    >>> as_pictures(np.zeros((5, 8, 8)), "patches(4) + pool(mean)").shape
    (5, 8, 8, 1)
    """
    if spec is None or parse_spec(spec).front is None or not len(X) or getattr(X[0], "ndim", 0) != 2:
        return X
    return X[..., None] if hasattr(X, "ndim") else [one[..., None] for one in X]


def _frames(place: int, one: Any) -> NDArray[Any]:
    """A picture or video as frames (T, H, W, C) of numbers."""
    values = one.detach().cpu().numpy() if isinstance(one, Tensor) else np.asarray(one)
    values = values[None] if values.ndim == 3 else values
    if values.ndim != 4 or values.dtype.kind not in "uifb" or values.shape[3] not in (1, 3) or not values.size:
        raise DataError(
            f"X: row {place:,}: expected a picture (H, W, C) or a video (T, H, W, C) with C = 1 or 3, got "
            f"{values.dtype} {values.shape}."
        )
    return values


def _header(frames: NDArray[Any]) -> Header:
    height, width, channels = frames.shape[-3:]
    return Header(height, width, channels == 3, 1)
