"""Write the directories beside this file and what they say: python tests/tasks/version_2/make.py

Run once, by the first code of version 2, and never again: directories of before go on loading.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from seqloom import Classifier, LanguageModel, Regressor, Tagger

HERE = Path(__file__).parent
TEXTS = ["a good loom", "bad yarn", "good warp, good weft", "a bad reed", "fine good cloth", "no bad thread"] * 5
CLASSES = ["+", "-", "+", "-", "+", "-"] * 5
SERIES = [np.sin(np.arange(6 + k % 3)[:, None] * [0.3, 0.1 + 0.4 * (k % 2)]) for k in range(30)]
NUMBERS = [float(len(text)) for text in TEXTS]
SENTENCES = [["Ann", "Lee", "lives", "in", "Oslo"], ["Oslo", "likes", "Ann", "Lee"]] * 10
TAGS = [["B-person", "I-person", "O", "O", "B-place"], ["B-place", "O", "B-person", "I-person"]] * 10
TRAINING = {"steps": 20, "epochs": None, "learning_rate": 0.02, "device": "cpu"}


def answers(name: str, model: Any) -> Any:
    """What a model says, as plain data."""
    if name == "language":
        return model.log_probabilities(["one two.", "three"])
    if name == "tagger":
        return model.predict(SENTENCES[:2])
    if name == "numbers":
        return model.predict(TEXTS[:3]).tolist()
    return model.predict_proba((SERIES if name == "series" else TEXTS)[:3]).tolist()


def main() -> None:
    models = {
        "classes": Classifier("gru(4) bidirectional + pool(attention)", tokens="words", embedding=4, training=TRAINING),
        "series": Classifier("conv(4, width=3, stride=2) + lstm(4) + pool(mean)", training=TRAINING),
        "numbers": Regressor("gru(4) + pool(last)", tokens="characters", embedding=4, training=TRAINING),
        "tagger": Tagger("gru(6) bidirectional", characters="gru(4) + pool(last)", embedding=6, training=TRAINING),
    }
    given = {
        "classes": (TEXTS, CLASSES),
        "series": (SERIES, ["slow", "fast"] * 15),
        "numbers": (TEXTS, NUMBERS),
        "tagger": (SENTENCES, TAGS),
    }
    found = {}
    for name, model in models.items():
        model.fit(*given[name], validation=0.25, progress=False).save(HERE / name)
        found[name] = answers(name, model)
    language = LanguageModel("lstm(4)", embedding=4, batch_size=2, window=8, training=TRAINING)
    language.fit(["one two three, two one. " * 20], progress=False).save(HERE / "language")
    found["language"] = answers("language", language)
    (HERE / "answers.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
