"""Piano rolls of Boulanger-Lewandowski, Bengio & Vincent (2012) by ``MusicModel``: JSB chorales and Nottingham.

python reproductions/music/run.py --data ../shared/data/polyphonic [--rows NAME …] [--seed N] [--models FOLDER]

Prints a JSON line for each row. Settings were chosen, and weights are, by the validation part; the test part is read
once, when all is learned. With --models the models are kept.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from seqloom.tasks.music.music_model import MusicModel
from seqloom.tasks.music.tunes import read_tunes

LSTM, LOOKING_BACK = "lstm(300)", "lstm(256) + transformer(256)"
TUNES: dict[str, Any] = {
    "file": "Nottingham.mat",
    "model": LOOKING_BACK,
    "training": {"epochs": 15, "learning_rate": 0.003, "warmup_steps": 200},
    "settings": {"dropout": 0.3, "input_dropout": 0.1, "batch_size": 4},
}
ROWS: dict[str, dict[str, Any]] = {
    "jsb": {"file": "JSB_Chorales.mat", "model": LSTM, "training": {"epochs": 25}},
    "jsb autoregressive": {
        "file": "JSB_Chorales.mat",
        "model": LSTM,
        "training": {"epochs": 25},
        "settings": {"keys": "autoregressive"},
    },
    "nottingham": TUNES,
    "nottingham autoregressive": TUNES | {"settings": TUNES["settings"] | {"keys": "autoregressive"}},
}
PUBLISHED = {
    "jsb": {"LSTM": 8.45, "GRU": 8.43, "TCN": 8.10},
    "nottingham": {"LSTM": 3.29, "GRU": 3.46, "TCN": 3.07, "R-Transformer": 2.37},
    "jsb autoregressive": {"RNN-RBM": 6.27},
    "nottingham autoregressive": {"RNN-RBM": 2.39},
}
SEEDS, STEPS = 20, 256


def row(data: Path, seed: int, models: Path | None, name: str) -> dict[str, Any]:
    """Learn, judge on both parts, and draw pieces that tell whether it gets stuck."""
    asked = ROWS[name]
    training, file = {"seed": seed, "device": "cpu", **asked["training"]}, asked["file"]
    model = MusicModel(asked["model"], training=training, **asked.get("settings", {})).fit(data / file)
    if models is not None:
        model.save(models / name.replace(" ", "-"))
    found, chosen = model.evaluate(data / file), model.validation_
    return {
        "validation": {"model": dict(chosen.model), **{one: dict(part) for one, part in chosen.baselines.items()}},
        "test": {"model": dict(found.model), **{one: dict(part) for one, part in found.baselines.items()}},
        "picked": model.facts_["picked"],
        "verdict": found.notes[0],
        "drawn": drawn(model, [one.roll for one in read_tunes(data / file, None).tunes]),
    }


def drawn(model: MusicModel, rolls: list[Any]) -> dict[str, Any]:
    """Of pieces from several seeds: keys a step, beside those of the data, and the longest chord and note."""
    pieces = read_tunes(model.generate(SEEDS, steps=STEPS), model.facts_["steps"]).tunes
    padded = [np.concatenate([one.roll, np.zeros((STEPS - len(one), one.roll.shape[1]), bool)]) for one in pieces]
    densities = [float(roll.sum(1).mean()) for roll in padded]
    changes = [np.flatnonzero((roll[1:] != roll[:-1]).any(1)) for roll in padded]
    chord = max(int(np.diff(np.concatenate([[-1], one, [STEPS - 1]])).max()) for one in changes)
    learned = [float(roll.sum(1).mean()) for roll in rolls]
    return {
        "keys_a_step": [min(densities), max(densities)],
        "keys_a_step_of_the_data": [min(learned), max(learned)],
        "longest_chord": chord,
        "bounds": model.facts_["bounds"],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", nargs="*")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", type=Path)
    given = parser.parse_args()
    for name in given.rows or ROWS:
        began = time.process_time()
        found = row(given.data, given.seed, given.models, name)
        seconds = time.process_time() - began
        print(json.dumps({"row": name, "published": PUBLISHED[name], **found, "cpu_seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
