"""Wav files of every kind are read, part by part; what is none, or lies, is refused by name before anything is read."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc

import numpy as np
import pytest

from seqloom.data.sounds import open_sound, save_wav
from seqloom.errors import DataError
from tests.data.sounds.waves import WIDTHS, wav

TONE = np.sin(np.arange(900) / 7) * 0.8


@pytest.mark.parametrize(("tag", "bits"), WIDTHS)
@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize("rate", [4_000, 44_100, 192_000])
def test_every_width_and_rate(tmp_path, tag, bits, extensible, rate):
    stereo = np.stack([TONE, TONE / 2], 1)
    for values in (TONE, stereo):
        path = tmp_path / "a.wav"
        path.write_bytes(wav(values, rate, tag, bits, extensible))
        sound = open_sound(path)
        assert (sound.rate, sound.samples, sound.channels) == (rate, 900, values.ndim)
        expected = values if values.ndim == 1 else values.mean(1)
        np.testing.assert_allclose(sound.read(), expected, atol=1.01 * 2.0 ** (1 - min(bits, 24)))
        assert sound.read().dtype == np.float32
        np.testing.assert_array_equal(sound.read(100, 300), sound.read()[100:300])
        assert len(sound.read(890, 2000)) == 10
        assert len(sound.read(900, 901)) == 0


def test_parts_of_a_file_besides_its_sound_are_passed_over(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(TONE, before=b"LIST" + struct.pack("<I", 3) + b"abc\0"))
    np.testing.assert_allclose(open_sound(path).read(), TONE, atol=1e-4)


def test_what_was_saved_is_read(tmp_path):
    stereo = np.stack([TONE, -TONE], 1)
    save_wav(tmp_path / "a.wav", TONE, 16_000)
    save_wav(tmp_path / "b.wav", stereo, 16_000)
    np.testing.assert_allclose(open_sound(tmp_path / "a.wav").read(), TONE, atol=1e-4)
    np.testing.assert_allclose(open_sound(tmp_path / "b.wav").read(), 0 * TONE, atol=1e-4)


WHOLE = wav(TONE)
LIES = {
    "no RIFF": (b"OggS" + WHOLE[4:], "no wav file"),
    "a film": (b"RIFF" + WHOLE[4:8] + b"AVI " + WHOLE[12:], "no wav file"),
    "MP4": (b"\0\0\0\x20ftypM4A " + bytes(20), "no wav file"),
    "MP3": (b"\xff\xfb\x90\x64" + bytes(20), "no wav file"),
    "text": (b"hello", "no sound, whatever its name says, but a text that begins 'hello'"),
    "text of other letters": ("\nÄpfel sind süß, \u4f60\u597d".encode(), "but a text that begins 'Äpfel sind süß"),
    "long text": (b"<!DOCTYPE html>\n<html><head>" * 40, "but a text that begins '<!DOCTYPE html> <htm'. Get it anew"),
    "text of two bytes": ("hello".encode("utf-16"), "but a text that begins 'hello'"),
    "blanks": (b" \n" * 40, "but blanks"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(40), "for it begins with the bytes 89 50 4e 47"),
    "zeros": (bytes(1000), "for it begins with the bytes 00 00 00 00"),
    "a letter in another code": ("Äpfel und Süßes".encode("cp1252"), "but a text that begins 'pfel und Ses'"),
    "big-endian": (b"RIFX" + WHOLE[4:], "of the kind RIFX"),
    "64 bits": (b"RF64" + WHOLE[4:], "of the kind RF64"),
    "cut short": (WHOLE[:-10], "cut short"),
    "four gigabytes": (wav(TONE, data_size=0xFFFFFFFF), "takes 4,294,967,295 bytes, but 1,800 are there"),
    "nothing": (b"", "0 bytes"),
    "no samples": (wav(np.zeros(0)), "no samples"),
    "half a sample": (wav(np.zeros(0)) + b"", "no samples"),
    "a-law": (wav(TONE, tag=6, bits=8), "packed by a-law"),
    "mu-law": (wav(TONE, tag=7, bits=8), "packed by mu-law"),
    "mu-law inside": (wav(TONE, tag=7, bits=8, extensible=True), "packed by mu-law"),
    "another codec": (wav(TONE, tag=4711, bits=8), "the codec 4711"),
    "12 bits": (wav(TONE, bits=16, frame=2)[:34] + struct.pack("<H", 12) + WHOLE[36:], "12 bits a sample"),
    "16-bit floats": (WHOLE[:20] + struct.pack("<H", 3) + WHOLE[22:], "16 bits a sample"),
    "too slow": (wav(TONE, rate=3_999), "4,000 to 192,000 samples a second, got 3,999"),
    "too fast": (wav(TONE, rate=1 << 31), "samples a second"),
    "no channel": (wav(TONE, channels=0, frame=2), "0 channels of 16 bits"),
    "channels without end": (wav(TONE, channels=60_000, frame=2), "60000 channels"),
    "frames of another size": (wav(TONE, frame=3), "do not take 3 bytes"),
    "no format": (WHOLE[:12] + WHOLE[36:], "before their format"),
    "format cut": (WHOLE[:20], "takes 16 bytes, but 0"),
    "no data": (WHOLE[:36], "no chunk of samples"),
    "nothing after the head": (WHOLE[:12], "no chunk of format"),
    "small format": (WHOLE[:16] + struct.pack("<I", 4) + WHOLE[20:24] + WHOLE[36:], "format takes 4 bytes"),
    "chunks without end": (WHOLE[:12] + b"junk\0\0\0\0" * 5000 + WHOLE[12:], "no chunk of format"),
    "strange kind": (
        WHOLE[:12] + b"fmt " + struct.pack("<I", 40) + struct.pack("<H", 0xFFFE) + WHOLE[22:36] + bytes(24),
        "unknown kind",
    ),
}


@pytest.mark.parametrize("what", LIES)
def test_what_is_no_sound_is_refused_by_name_before_anything_is_allocated(tmp_path, what):
    data, message = LIES[what]
    path = tmp_path / "strange name.wav"
    path.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(DataError, match=message) as refused:
        open_sound(path)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    assert "strange name.wav" in str(refused.value)
    helps = message not in ("0 bytes", "no samples", "format takes 4 bytes") and "samples a second" not in message
    assert ("ffmpeg -i" in str(refused.value)) == (helps and "no sound, whatever" not in str(refused.value))


def test_a_file_that_is_not_there_or_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        open_sound(tmp_path / "a.wav")
    with pytest.raises(DataError, match="Cannot read"):
        open_sound(tmp_path)


def test_a_file_that_shrinks_says_so(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(WHOLE)
    sound = open_sound(path)
    path.write_bytes(WHOLE[:-100])
    with pytest.raises(DataError, match="shrank"):
        sound.read()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_numbers_that_are_none_are_named(tmp_path, value):
    values = TONE.copy()
    values[333] = value
    path = tmp_path / "a.wav"
    path.write_bytes(wav(values, tag=3, bits=64))
    with pytest.raises(DataError, match="sample 333 is no finite number"):
        open_sound(path).read(300, 400)
    assert len(open_sound(path).read(0, 300)) == 300


def test_random_bytes_end_in_a_sentence_or_a_sound(tmp_path):
    draw = np.random.default_rng(0)
    path = tmp_path / "a.wav"
    for _ in range(300):
        data = bytearray(WHOLE[:300])
        for place in draw.integers(0, 60, 4):
            data[place] = draw.integers(256)
        path.write_bytes(data)
        with contextlib.suppress(DataError):
            sound = open_sound(path)
            assert len(sound.read()) == sound.samples <= 300
