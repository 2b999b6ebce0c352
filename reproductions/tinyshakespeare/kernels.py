"""The same training on torch's own kernels and on ours: seconds and loss, side by side.

    python reproductions/tinyshakespeare/kernels.py input.txt

Same seed, same batches, same number of steps; the loss is that of the last 10 % of the text, in nats per character.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "10000")

from seqloom import LanguageModel, kernels
from seqloom.training.settings import TrainingSettings

STEPS = 500
MODELS = ("lstm(256)", "gru(256)", "elman(256)")


def train(spec: str, kernel: str, path: Path, judge: str) -> dict[str, Any]:
    """Train ``spec`` on one kernel."""
    training = TrainingSettings(learning_rate=0.004, warmup_steps=50, epochs=None, steps=STEPS, seed=0)
    model = LanguageModel(spec, embedding=128, batch_size=16, window=64, training=training)
    begin = time.perf_counter()
    with kernels.use(kernel):
        model.fit(path, validation=0.0, progress=False)
    seconds = time.perf_counter() - begin
    return {"seconds": round(seconds, 2), "nats": round(model.evaluate([judge]).nats_per_character, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Tiny Shakespeare, input.txt (1,115,394 characters)")
    text = parser.parse_args().data.read_text(encoding="utf-8")
    nine_tenths = int(0.9 * len(text))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "learn.txt"
        path.write_text(text[:nine_tenths], encoding="utf-8")
        for spec in MODELS:
            found = {kernel: train(spec, kernel, path, text[nine_tenths:]) for kernel in ("torch", "cpu")}
            ratio = found["torch"]["seconds"] / found["cpu"]["seconds"]
            print(json.dumps({"model": spec, "steps": STEPS, **found, "times as fast": round(ratio, 2)}), flush=True)


if __name__ == "__main__":
    main()
