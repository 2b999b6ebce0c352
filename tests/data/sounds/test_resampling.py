"""A sound at another rate is scipy's, and any part of it is what it is in the whole."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly

from seqloom.data.sounds import at_rate
from seqloom.data.sounds.sound import Array
from seqloom.errors import DataError


@pytest.mark.parametrize(("old", "new"), [(44_100, 16_000), (8_000, 16_000), (48_000, 8_000), (22_050, 8_001)])
def test_parts_are_those_of_the_whole(old, new):
    values = np.random.default_rng(0).normal(size=old // 4 + 7).astype(np.float32)
    sound = at_rate(Array.of(values, old), new)
    whole = sound.read()
    np.testing.assert_allclose(whole, resample_poly(values, new, old), atol=1e-5)
    assert len(sound) == len(whole)
    for begin, end in [(0, 100), (1, 2), (333, 1200), (len(whole) - 5, len(whole) + 50)]:
        np.testing.assert_allclose(sound.read(begin, end), whole[begin:end], atol=1e-6)


def test_a_tone_stays_the_tone_and_what_is_too_high_goes():
    time = np.arange(48_000) / 48_000
    low, high = np.sin(2 * np.pi * 440 * time), np.sin(2 * np.pi * 12_000 * time)
    found = at_rate(Array.of(low + high, 48_000), 16_000).read()
    np.testing.assert_allclose(
        found[100:-100], np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)[100:-100], atol=0.01
    )


def test_the_same_rate_is_the_sound_itself_and_none_is_refused():
    sound = Array.of(np.zeros(10), 8000)
    assert at_rate(sound, 8000) is sound
    with pytest.raises(DataError, match="samples a second"):
        at_rate(sound, 100)
