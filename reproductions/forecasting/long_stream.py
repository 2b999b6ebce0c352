"""A million observations through a stream: what each costs, and how much memory the process has more at the end.

python reproductions/forecasting/long_stream.py [--steps 1000000]
"""

from __future__ import annotations

import argparse
import gc
import time
from pathlib import Path

import numpy as np
import torch

from seqloom.tasks.forecasting.forecaster import Forecaster

EVERY, WARM = 100, 20_000
"""A forecast is asked for every so many steps; memory is counted from so many on."""


def resident() -> float:
    """What the process has in memory, in MB; Linux."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1_000_000)
    steps = parser.parse_args().steps
    torch.set_num_threads(1)
    draw = np.random.default_rng(0)
    training = {"steps": 5, "epochs": None, "device": "cpu"}
    model = Forecaster("gru(64)", horizon=24, season=24, training=training)
    stream = model.fit([draw.normal(size=2000).cumsum()], progress=False).stream()
    began, value = time.process_time(), 0.0
    for step in range(steps):
        value += draw.normal()
        stream.push(value)
        if step % EVERY == 0:
            stream.forecast((0.1, 0.5, 0.9))
        if step == WARM:
            gc.collect()
            before = resident()
        if step and step % (steps // 10) == 0:
            seconds = time.process_time() - began
            print(f"{step:,} steps, {1e3 * seconds / step:.3f} ms each, {resident():.1f} MB", flush=True)
    gc.collect()
    print(f"{steps:,} steps: {resident() - before:+.2f} MB since step {WARM:,}")


if __name__ == "__main__":
    main()
