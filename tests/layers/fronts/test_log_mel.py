"""Log-mel frames: librosa's, a plain numpy form's, and the same in pieces of any size."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from seqloom.errors import UsageError
from seqloom.layers.fronts.log_mel import LogMel
from seqloom.layers.fronts.mel import MelScale, mel_filters
from tests.layers.fronts.golden.make import CASES, FLOOR, sound

GOLDEN = np.load(Path(__file__).parent / "golden" / "log_mel.npz")


def front(case: dict) -> LogMel:
    wanted = {name: case[name] for name in ("rate", "bands", "low", "high")}
    return LogMel(**wanted, scale=MelScale(case["scale"]), floor=FLOOR)


def plain(x: np.ndarray, rate: int, bands: int, low: float, high: float, scale: str) -> np.ndarray:
    """Frame by frame and band by band, with a discrete Fourier transform written out."""

    def mel(f: float) -> float:
        if scale == "htk":
            return 2595 * np.log10(1 + f / 700)
        return 3 * f / 200 if f < 1000 else 15 + 27 * np.log(f / 1000) / np.log(6.4)

    window, hop = round(0.025 * rate), round(0.01 * rate)
    points = 2 ** int(np.ceil(np.log2(window)))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    wave = np.exp(-2j * np.pi * np.outer(np.arange(points // 2 + 1), np.arange(window)) / points)
    grid = np.linspace(mel(low), mel(high), bands + 2)
    fine = np.linspace(low, high, 400_001)
    corners = np.interp(grid, [mel(f) for f in fine], fine)
    rows = []
    for begin in range(0, len(x) - window + 1, hop):
        power = np.abs(wave @ (x[begin : begin + window] * hann)) ** 2
        row = []
        for a, b, c in zip(corners, corners[1:], corners[2:], strict=False):
            f = np.arange(points // 2 + 1) * rate / points
            height = np.clip(np.minimum((f - a) / (b - a), (c - f) / (c - b)), 0, None)
            row.append(np.log(max(FLOOR, power @ height * (2 / (c - a) if scale == "slaney" else 1))))
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("name", CASES)
def test_librosas_filters_and_frames(name):
    assert json.loads(str(GOLDEN["provenance"]))["librosa"] == "0.11.0"
    case = CASES[name]
    made = front(case)
    np.testing.assert_allclose(made.filters.numpy(), GOLDEN[f"{name}.filters"], atol=1e-6)
    frames = made(torch.from_numpy(sound(case["rate"]))[None])[0]
    np.testing.assert_allclose(frames.numpy(), GOLDEN[f"{name}.frames"], atol=1e-4)


def test_the_formulas_written_out():
    case = CASES["speech8k"]
    frames = front(case)(torch.from_numpy(sound(8000))[None])[0]
    np.testing.assert_allclose(frames.numpy(), plain(sound(8000), **case), atol=1e-3)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
@pytest.mark.parametrize("piece", [1, 20, 37, 1000])
def test_pieces_of_any_length_give_the_frames_of_the_whole(rate, piece):
    made = LogMel(rate)
    x = torch.from_numpy(np.stack([sound(rate), sound(rate)[::-1].copy()]))
    whole, state, parts = made(x), made.initial_state(2), []
    size = piece * rate // 1000
    for begin in range(0, x.shape[1], size):
        frames, state = made.chunk(x[:, begin : begin + size], state)
        parts.append(frames)
        assert state.samples.shape[1] < made.window
    parts.append(made.finish(state))
    torch.testing.assert_close(torch.cat(parts, 1), whole, atol=1e-5, rtol=0)


def test_a_chunk_does_not_change_its_state_and_a_state_keeps_no_sound_alive():
    made = LogMel(8000)
    x = torch.randn(1, 8000)
    first = made.initial_state(1)
    frames, state = made.chunk(x, first)
    assert first.samples.shape == (1, 0)
    assert state.samples.untyped_storage().nbytes() < 8000
    torch.testing.assert_close(made.chunk(x, first)[0], frames)


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (1, 1), (199, 1), (200, 1), (279, 1), (280, 2), (8000, 98)])
def test_lengths_follow(samples, frames):
    made = LogMel(8000)
    assert made(torch.randn(1, samples)).shape == (1, frames, 40)
    assert made.lengths_after(torch.tensor([samples], dtype=torch.int32)).tolist() == [frames]
    state = made.chunk(torch.randn(1, samples), made.initial_state(1))
    assert state[0].shape[1] + made.finish(state[1]).shape[1] == frames


def test_a_padded_row_is_the_row_alone_whatever_the_padding():
    made = LogMel(8000)
    x = torch.randn(3, 3000)
    lengths = torch.tensor([3000, 150, 1111])
    padded = x.clone()
    for row, length in enumerate(lengths):
        padded[row, length:] = torch.nan
    found, after = made(padded, lengths), made.lengths_after(lengths)
    for row, (length, frames) in enumerate(zip(lengths, after, strict=True)):
        torch.testing.assert_close(found[row, :frames], made(x[row : row + 1, :length])[0])
        assert not found[row, frames:].any()


def test_silence_is_finite():
    assert LogMel(8000)(torch.zeros(1, 800)).isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bands": 400}, "too many"),
        ({"hop": 0.05}, "hop"),
        ({"hop": 0.0}, "hop"),
        ({"low": 5000.0}, "0 ≤ low < high"),
        ({"high": 9000.0}, "0 ≤ low < high"),
        ({"scale": "bark"}, "slaney or htk"),
    ],
)
def test_what_no_spectrum_can_hold_is_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        LogMel(8000, **arguments)
    with pytest.raises(UsageError, match=r"shape \(B, L\)"):
        LogMel(8000)(torch.zeros(8000))


@pytest.mark.parametrize("scale", MelScale)
def test_a_scale_and_its_inverse(scale):
    frequencies = torch.linspace(0, 20_000, 1001, dtype=torch.float64)
    torch.testing.assert_close(scale.frequency(scale.of(frequencies)), frequencies)
    assert mel_filters(16_000, 512, 40, scale=scale).shape == (257, 40)
