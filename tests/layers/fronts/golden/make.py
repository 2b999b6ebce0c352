"""Make log_mel.npz: what librosa gives for a few sounds. Run in an environment that has librosa, not in the tests'.

python -m venv /tmp/librosa && /tmp/librosa/bin/pip install librosa
/tmp/librosa/bin/python tests/layers/fronts/golden/make.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

CASES = {
    "speech8k": {"rate": 8000, "bands": 40, "scale": "slaney", "low": 0.0, "high": 4000.0},
    "htk16k": {"rate": 16_000, "bands": 80, "scale": "htk", "low": 20.0, "high": 7600.0},
    "slaney16k": {"rate": 16_000, "bands": 64, "scale": "slaney", "low": 0.0, "high": 8000.0},
    "music44k": {"rate": 44_100, "bands": 40, "scale": "htk", "low": 0.0, "high": 22_050.0},
}
SECONDS = 0.25
FLOOR = 1e-6


def sound(rate: int) -> np.ndarray:
    """A rising tone with overtones over a rough noise, by formula: no random numbers."""
    n = np.arange(int(SECONDS * rate))
    t = n / rate
    rough = np.modf(np.sin(n * 12.9898) * 43758.5453)[0]
    tone = sum(np.sin(2 * np.pi * k * (150 * t + 400 * t**2)) / k for k in range(1, 9))
    return (0.2 * tone * np.sin(np.pi * t / SECONDS) + 0.01 * rough).astype(np.float32)


def main() -> None:
    import librosa

    found = {}
    for name, case in CASES.items():
        rate = case["rate"]
        window, hop = round(0.025 * rate), round(0.010 * rate)
        points = 1 << (window - 1).bit_length()
        filters = librosa.filters.mel(
            sr=rate,
            n_fft=points,
            n_mels=case["bands"],
            fmin=case["low"],
            fmax=case["high"],
            htk=case["scale"] == "htk",
            norm=None if case["scale"] == "htk" else "slaney",
        )
        x = sound(rate)
        around = (points - window) // 2  # librosa centres a window in its frame
        padded = np.pad(x, (around, points))
        spectrum = np.abs(librosa.stft(padded, n_fft=points, hop_length=hop, win_length=window, center=False)) ** 2
        count = 1 + (len(x) - window) // hop
        found[f"{name}.filters"] = filters.T.astype(np.float32)
        found[f"{name}.frames"] = np.log(np.maximum(filters @ spectrum, FLOOR)).T[:count].astype(np.float32)
    provenance = {"librosa": librosa.__version__, "numpy": np.__version__, "script": "make.py", "licence": "ISC"}
    np.savez_compressed(Path(__file__).with_name("log_mel.npz"), provenance=json.dumps(provenance), **found)
    print(provenance, {name: value.shape for name, value in found.items()})


if __name__ == "__main__":
    main()
