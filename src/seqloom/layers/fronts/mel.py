"""Frequencies as they are heard: the mel scale, and bands of equal width on it."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor

from seqloom.choice import Choice
from seqloom.errors import UsageError

__all__ = ["MelScale", "mel_filters"]

_BREAK, _PER_MEL, _RATIO = 1000.0, 200 / 3, math.log(6.4) / 27
_BROAD, _CORNER = 2595.0, 700.0
_LEAST: Final = 1e-12


class MelScale(Choice):
    """Which formula says how high a tone is heard.

    "slaney" is linear up to 1,000 Hz, 3 f / 200, and then logarithmic, 15 + 27 ln(f / 1000) / ln 6.4 (Slaney, "Auditory
    Toolbox", 1998); its bands have equal areas. "htk" is 2595 log10(1 + f / 700) (O'Shaughnessy, 1987; the book of HTK,
    sec. 5.4); its bands have equal heights.
    """

    SLANEY = "slaney"
    HTK = "htk"

    def of(self, frequency: Tensor) -> Tensor:
        """Hz → mel.

        >>> MelScale.HTK.of(torch.tensor(1000.0)).round(), MelScale.SLANEY.of(torch.tensor(1000.0))
        (tensor(1000.), tensor(15.))
        """
        if self is MelScale.HTK:
            return _BROAD * torch.log10(1 + frequency / _CORNER)
        high = _BREAK / _PER_MEL + torch.log(frequency.clamp_min(_LEAST) / _BREAK) / _RATIO
        return torch.where(frequency < _BREAK, frequency / _PER_MEL, high)

    def frequency(self, mel: Tensor) -> Tensor:
        """Mel → Hz, the inverse."""
        if self is MelScale.HTK:
            return _CORNER * (10 ** (mel / _BROAD) - 1)
        corner = _BREAK / _PER_MEL
        return torch.where(mel < corner, mel * _PER_MEL, _BREAK * torch.exp(_RATIO * (mel - corner)))


def mel_filters(
    rate: int, points: int, bands: int, low: float = 0.0, high: float | None = None, scale: MelScale = MelScale.SLANEY
) -> Tensor:
    """Triangles over the ``points`` // 2 + 1 frequencies of a spectrum, one a band: (frequencies, ``bands``).

    Their corners lie at equal distances on the mel ``scale`` from ``low`` to ``high`` Hz (default: half of ``rate``),
    each triangle begins and ends where its neighbours are highest. Raises UsageError where a band would hold no
    frequency, and for limits that are none.
    """
    high = rate / 2 if high is None else high
    if not 0 <= low < high <= rate / 2:
        raise UsageError(f"Expected frequencies 0 ≤ low < high ≤ {rate / 2:g} Hz, got {low:g} and {high:g}.")
    ends = scale.of(torch.tensor([low, high], dtype=torch.float64))
    corners = scale.frequency(torch.linspace(float(ends[0]), float(ends[1]), bands + 2, dtype=torch.float64))
    frequencies = torch.arange(points // 2 + 1, dtype=torch.float64)[:, None] * (rate / points)
    rising = (frequencies - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - frequencies) / (corners[2:] - corners[1:-1])
    filters = torch.minimum(rising, falling).clamp_min(0)
    empty = (filters.sum(0) == 0).sum().item()
    if empty:
        raise UsageError(
            f"{bands} mel bands are too many for a spectrum of {points} points at {rate:,} Hz: {empty} would be empty. "
            "Take fewer, or a longer window."
        )
    return (filters * 2 / (corners[2:] - corners[:-2]) if scale is MelScale.SLANEY else filters).float()
