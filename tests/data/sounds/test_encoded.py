"""Packed formats go through soundfile, whose word on sizes is not taken."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from seqloom.data.sounds import open_sound
from seqloom.errors import DataError, MissingExtraError

TONE = (np.sin(np.arange(16_000) / 7) * 0.5).astype(np.float32)


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3", "aiff"])
def test_formats_are_read_in_parts(tmp_path, suffix):
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, np.stack([TONE, TONE], 1), 16_000)
    sound = open_sound(path)
    assert (sound.rate, sound.channels) == (16_000, 2)
    assert abs(sound.samples - 16_000) < 3000
    whole = sound.read()
    assert len(whole) == sound.samples
    if suffix in ("flac", "aiff"):
        np.testing.assert_allclose(whole, TONE, atol=1e-4)
        np.testing.assert_array_equal(sound.read(5000, 7000), whole[5000:7000])


def test_headers_that_lie_and_files_that_are_none_are_refused(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / "a.flac"
    path.write_bytes(b"fLaC" + bytes(100))
    with pytest.raises(DataError, match=r"a\.flac"):
        open_sound(path)
    soundfile.write(path, TONE, 16_000)
    whole = path.read_bytes()
    lying = bytearray(whole)
    lying[21] |= 0x0F  # the upper bits of the number of samples
    path.write_bytes(lying)
    with pytest.raises(DataError, match="its header says"):
        open_sound(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"a\.flac"):
        open_sound(path).read()


def test_without_soundfile_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    path = tmp_path / "a.flac"
    path.write_bytes(b"fLaC")
    with pytest.raises(MissingExtraError, match=r"seqloom\[sound\]"):
        open_sound(path)
