"""The settings of every task that hears sounds; light, for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from seqloom.settings import Range, Section, Settings
from seqloom.settings.sound import Normalisation

__all__ = ["SoundSettings"]

_SOUND = Section("Sound")


@dataclass(frozen=True, kw_only=True)
class SoundSettings(Settings):
    """How sounds are heard. What is None is picked by the data."""

    rate: Annotated[
        int | None,
        Range(least=4_000, most=192_000),
        "Samples a second: of sounds that are arrays; files are resampled to it (default: their own, up to 16,000).",
        _SOUND,
    ] = None
    bands: Annotated[int, Range(least=1, most=512), "Mel bands of a frame.", _SOUND] = 40
    normalisation: Annotated[
        Normalisation,
        "Over what a band has mean 0 and deviation 1: all that is learned from, which can stream; or each recording, "
        "so that voices and microphones sound alike.",
        _SOUND,
    ] = Normalisation.TRAINING
    augment: Annotated[
        float | None,
        Range(least=0, most=2),
        "How much sounds are warped, and how large holes they get, in training; 0 for not at all.",
        _SOUND,
    ] = None
