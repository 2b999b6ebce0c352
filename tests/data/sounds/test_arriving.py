"""Sound through a pipe: wav of every width, with or without a length, or plain samples."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest

from seqloom.data.sounds.arriving import arriving
from seqloom.errors import DataError
from tests.data.sounds.waves import WIDTHS, packed, wav

TONE = np.sin(np.arange(900) / 7) * 0.8


def heard(data, rate=8000):
    return list(arriving(io.BytesIO(data), rate))


@pytest.mark.parametrize(("tag", "bits"), WIDTHS)
@pytest.mark.parametrize("size", [None, 0, 0xFFFFFFFF])
def test_wav_of_every_width_and_unknown_length(tag, bits, size):
    stereo = np.stack([TONE, TONE / 2], 1)
    pieces = heard(wav(stereo, tag=tag, bits=bits, data_size=size, before=b"LIST" + struct.pack("<I", 2) + b"ab"))
    assert [len(piece) for piece in pieces] == [160] * 5 + [100]
    np.testing.assert_allclose(np.concatenate(pieces), stereo.mean(1), atol=1.01 * 2.0 ** (1 - min(bits, 24)))


def test_what_follows_the_samples_is_not_heard():
    assert len(np.concatenate(heard(wav(TONE) + b"LIST" + bytes(400)))) == 900


@pytest.mark.parametrize("samples", [0, 1, 159, 160, 161, 900])
def test_plain_samples(samples):
    pieces = heard(packed(TONE[:samples], 1, 16))
    assert sum(map(len, pieces)) == samples
    if samples:
        np.testing.assert_allclose(np.concatenate(pieces), TONE[:samples], atol=1e-4)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (wav(TONE, rate=44_100), "44,100 samples a second, and the model hears 8,000"),
        (wav(TONE, tag=6, bits=8), "packed by a-law"),
        (wav(TONE)[:20], "takes 0 bytes"),
        (wav(TONE)[:12], "no format"),
        (wav(TONE)[:36], "no samples"),
        (wav(np.full(900, np.nan), tag=3, bits=32), "no finite number"),
    ],
)
def test_what_is_no_sound_is_refused(data, message):
    with pytest.raises(DataError, match=message):
        heard(data)
