"""Sounds as log-mel frames, each band scaled over its recording, or as all recordings were in training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self, final

import numpy as np
import torch
from torch import Tensor

from seqloom.data.lazy_rows import LazyRows
from seqloom.data.sounds.resampling import at_rate
from seqloom.data.sounds.sound import Array, Sound
from seqloom.data.sounds.sounds import usual_rate
from seqloom.errors import DataError, UsageError
from seqloom.layers import Augmentation, LogMel, SpecAugment, VoiceWarp, normalised
from seqloom.settings.sound import Normalisation
from seqloom.tasks.inputs.inputs import Feed, Inputs, Reading
from seqloom.tasks.sequences.lines import numbers_of

__all__ = ["Augmented", "SoundInputs", "as_sounds", "frames_of", "heard_rate"]

_PIECE: Final = 10
"""Seconds of a sound that are in memory at once, unless it is asked for whole."""
_KEPT: Final = 512 << 20
"""Bytes of frames that are kept; of more, each sound is read when it is asked for."""


@final
@dataclass(frozen=True)
class SoundInputs(Inputs):
    """Sounds, resampled to ``rate``, as frames (S, ``bands``), a hundred a second.

    ``mean`` and ``deviation`` (bands,) are those of the training part; where there are none, each recording's own.
    """

    rate: int
    bands: int = 40
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    @classmethod
    def learned(
        cls,
        sounds: Sequence[Sound],
        rate: int | None = None,
        bands: int = 40,
        normalisation: Normalisation = Normalisation.TRAINING,
    ) -> Self:
        """For a ``rate``, or the commonest one of some sounds, at most 16,000."""
        rate = rate or usual_rate(sounds)
        if normalisation is Normalisation.RECORDING:
            return cls(rate, bands)
        front, count = LogMel(rate, bands), 0
        total, squares = torch.zeros(bands, dtype=torch.float64), torch.zeros(bands, dtype=torch.float64)
        for sound in sounds:
            for frames in frames_of(sound, front):
                count += len(frames)
                total += frames.double().sum(0)
                squares += frames.double().square().sum(0)
        mean = total / count
        deviation = (squares / count - mean.square()).clamp_min(1e-6).sqrt()
        return cls(rate, bands, tuple(mean.tolist()), tuple(deviation.tolist()))

    @property
    def front(self) -> LogMel:
        """What makes the frames, before they are scaled."""
        return LogMel(self.rate, self.bands)

    def encode(self, X: Sequence[Any]) -> Sequence[Tensor]:
        """Frames (S, bands) of each sound; arrays are taken to have the ``rate``. More than 512 MB of frames are made
        whenever they are asked for."""
        sounds, front = as_sounds(X, self.rate), self.front
        lengths = self.lengths(sounds)

        def made(place: int) -> Tensor:
            frames, begin = torch.empty(lengths[place], self.bands), 0
            for part in frames_of(sounds[place], front):
                frames[begin : begin + len(part)] = part
                begin += len(part)
            return self.scaled(frames)

        rows = LazyRows(made, lengths)
        return rows if 4 * self.bands * sum(rows.lengths) > _KEPT else list(rows)

    def lengths(self, X: Sequence[Any]) -> list[int]:
        sounds = as_sounds(X, self.rate)
        found = self.front.lengths_after(torch.tensor([len(at_rate(sound, self.rate)) for sound in sounds]))
        assert found is not None
        return list(map(int, found.tolist()))

    def scaled(self, frames: Tensor) -> Tensor:
        """Frames (S, bands), as the layers read them."""
        if not self.mean:
            return normalised(frames[None])[0]
        return frames.sub(torch.tensor(self.mean)).div_(torch.tensor(self.deviation))

    def feed(self) -> Feed:
        if not self.mean:
            raise UsageError(
                "normalisation: this model scales a sound by all of it, so it cannot answer before its end. Train with "
                "--normalisation training, and layers that only look back, as gru(128)."
            )
        return _Frames(self)

    def to_json(self) -> dict[str, Any]:
        return {"sound": asdict(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse, of what stands under "sound"."""
        mean, deviation = (tuple(map(float, data[name])) for name in ("mean", "deviation"))
        return cls(int(data["rate"]), int(data["bands"]), mean, deviation)

    def reading(self, settings: Any) -> Reading:
        return Reading(Augmented(settings.augment or 0.0), None, self.bands)


class Augmented(Augmentation):
    """Frames as another voice would have spoken, with holes, in training: by so much ``strength``, 1 as usual."""

    def __init__(self, strength: float = 1.0) -> None:
        super().__init__()
        self.strength = strength
        self.warp = VoiceWarp(0.12 * strength, 0.2 * strength, 0.03 * strength)
        self.holes = SpecAugment(2, round(4 * strength), 0.15 * strength)

    def changed(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        return self.holes(self.warp(x, lengths), lengths) if self.strength else x


class _Frames(Feed):
    """A piece is some more samples (n,), between −1 and 1 and at the rate of the model."""

    def __init__(self, inputs: SoundInputs) -> None:
        self._inputs, self._front = inputs, inputs.front
        self._state = self._front.initial_state(1)

    def push(self, piece: Any) -> Tensor:
        samples = torch.as_tensor(piece, dtype=torch.float32).reshape(1, -1)
        frames, self._state = self._front.chunk(samples, self._state)
        return self._inputs.scaled(frames[0])

    def line(self, text: str) -> Tensor:
        return self.push(numbers_of(text))

    def finish(self) -> Tensor:
        return self._inputs.scaled(self._front.finish(self._state)[0])


def heard_rate(facts: Mapping[str, Any]) -> int | None:
    """How many samples a second a model hears of which these facts are known; None for one that hears no sounds.

    >>> heard_rate({"inputs": {"sound": {"rate": 8000}}}), heard_rate({})
    (8000, None)
    """
    rate: int | None = facts.get("inputs", {}).get("sound", {}).get("rate")
    return rate


def frames_of(sound: Sound, front: LogMel) -> Iterator[Tensor]:
    """The log-mel frames (S, M) of a sound at the rate of the ``front``, some seconds at once."""
    sound, state = at_rate(sound, front.rate), front.initial_state(1)
    step = round(_PIECE * front.rate)
    for begin in range(0, len(sound), step):
        frames, state = front.chunk(torch.from_numpy(sound.read(begin, begin + step))[None], state)
        yield frames[0]
    yield front.finish(state)[0]


def as_sounds(X: Iterable[Any], rate: int) -> list[Sound]:
    """Sounds as they are, arrays (samples,) or (samples, channels) as sounds of ``rate``; DataError otherwise."""
    found: list[Sound] = []
    for place, one in enumerate(X):
        if isinstance(one, Sound):
            found.append(one)
            continue
        values = one.detach().cpu().numpy() if isinstance(one, Tensor) else np.asarray(one)
        if values.dtype.kind not in "fiu" or values.ndim not in (1, 2) or not len(values):
            raise DataError(
                f"X: row {place:,}: expected samples of a sound (T,) or (T, channels), got {values.dtype} of the shape "
                f"{values.shape}."
            )
        found.append(Array.of(values, rate, f"X: row {place:,}"))
    return found
