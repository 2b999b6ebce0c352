"""What is trained on a GPU says what is trained on the CPU says, for every estimator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

import seqloom
from seqloom.tasks import Classifier, LanguageModel, Regressor, Tagger
from seqloom.tasks.captioning.captioner import Captioner
from seqloom.tasks.recognition.recognizer import Recognizer
from seqloom.tasks.translation.seq2seq import Seq2Seq
from seqloom.training.settings import TrainingSettings

CUDA = pytest.param(
    "cuda",
    marks=[pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")],
)
PLAIN, STILL = {"dropout": 0.0, "word_dropout": 0.0}, {"dropout": 0.0, "noise": 0.0}
"""What is drawn on a device is of that device."""
RANDOM = torch.Generator().manual_seed(0)
TEXTS = [f"{word} number {k}" for k in range(12) for word in ("good", "bad")]
SERIES = [torch.randn(3 + k % 4, 2, generator=RANDOM) for k in range(24)]
SENTENCES = [["the", "dog", "barks"], ["a", "cat", "sleeps", "well"], ["dogs", "sleep"], ["the", "cat"]] * 6
PICTURES = [torch.randn(8, 8, 1, generator=RANDOM).numpy() for _ in range(24)]
VIDEOS = [torch.randn(2 + k % 3, 8, 8, 1, generator=RANDOM).numpy() for k in range(24)]
CAPTIONS = ["it is light", "all is dark here"] * 12
TAGS = [["O", "B-x", "I-x"], ["O", "B-x", "O", "O"], ["B-x", "O"], ["O", "B-y"]] * 6


class Case(NamedTuple):
    """How to make an estimator that trains on a device, from what it learns, and what it says of that."""

    make: Callable[[dict[str, Any]], Any]
    X: Sequence[Any]
    y: Sequence[Any] | None
    says: Callable[[Any], Any]


CASES = {
    "classifier of texts": Case(
        lambda training: Classifier("gru(8) + pool(last)", tokens="words", training=training, **PLAIN),
        TEXTS,
        ["+", "-"] * 12,
        lambda model: model.predict_proba(TEXTS),
    ),
    "classifier of series": Case(
        lambda training: Classifier("lstm(8) bidirectional + pool(attention)", training=training, **STILL),
        SERIES,
        [int(one[0, 0] > 0) for one in SERIES],
        lambda model: model.predict_proba(SERIES),
    ),
    "classifier of labels": Case(
        lambda training: Classifier("gru(8) + pool(mean)", tokens="characters", training=training, **PLAIN),
        TEXTS,
        [["a"], ["a", "b"]] * 12,
        lambda model: model.predict_proba(TEXTS),
    ),
    "regressor": Case(
        lambda training: Regressor("gru(8) + pool(max)", training=training, **STILL),
        SERIES,
        [float(one.mean()) for one in SERIES],
        lambda model: model.predict(SERIES),
    ),
    "regressor of steps": Case(
        lambda training: Regressor("gru(8)", training=training, **STILL),
        SERIES,
        [one[:, 0].cumsum(0).tolist() for one in SERIES],
        lambda model: np.concatenate(model.predict(SERIES)),
    ),
    "tagger of words": Case(
        lambda training: Tagger("lstm(8) bidirectional", embedding=8, training=training, **PLAIN),
        SENTENCES,
        TAGS,
        lambda model: np.concatenate(model.predict_proba(SENTENCES)),
    ),
    "tagger of series": Case(
        lambda training: Tagger("gru(8)", crf=False, training=training, dropout=0.0),
        SERIES,
        [["up" if step > 0 else "down" for step in one[:, 0].tolist()] for one in SERIES],
        lambda model: np.concatenate(model.predict_proba(SERIES)),
    ),
    "recogniser": Case(
        lambda training: Recognizer("gru(8)", tokens="characters", training=training, **STILL),
        SERIES,
        ["a", "b a"] * 12,
        lambda model: np.array([model.evaluate(SERIES, ["a", "b a"] * 12).model["loss"]]),
    ),
    "recogniser with a decoder": Case(
        lambda training: Recognizer("gru(8) -> luong(8)", tokens="characters", training=training, **STILL),
        SERIES,
        ["a", "b a"] * 12,
        lambda model: np.array([one.log_probability for (one,) in model.transcribe(SERIES)]),
    ),
    "pairs": Case(
        lambda training: Seq2Seq("gru(8) bidirectional -> luong(8)", embedding=8, dropout=0.0, training=training),
        TEXTS,
        [text[::-1] for text in TEXTS],
        lambda model: model.scores(TEXTS, [text[::-1] for text in TEXTS]) / 16,
    ),
    "captioner": Case(
        lambda training: Captioner("grid(8, cell=4, norm=cell) -> bahdanau(8)", training=training, **STILL),
        PICTURES,
        CAPTIONS,
        lambda model: np.array([model.evaluate(PICTURES, CAPTIONS).model["loss"]]),
    ),
    "captioner of videos": Case(
        lambda training: Captioner("grid(8, cell=4, frames=3) -> luong(8)", training=training, **STILL),
        VIDEOS,
        CAPTIONS,
        lambda model: np.array([model.evaluate(VIDEOS, CAPTIONS).model["loss"]]),
    ),
    "language model": Case(
        lambda training: LanguageModel(
            "gru(8)", dropout=0.0, window=8, batch_size=4, training=TrainingSettings.from_mapping(training)
        ),
        ["abcabcabd" * 12, "cbacbacbd" * 12],
        None,
        lambda model: np.array(model.log_probabilities(["abcabc", "dbc"])),
    ),
}


@pytest.mark.parametrize("device", [pytest.param("cpu", marks=pytest.mark.slow), CUDA])
@pytest.mark.parametrize("name", CASES)
def test_a_device_changes_nothing_that_counts(name: str, device: str, tmp_path: Path) -> None:
    case = CASES[name]

    def fit(where: str) -> Any:
        training = {"steps": 6, "epochs": None, "learning_rate": 0.02, "device": where}
        return case.make(training).fit(case.X, case.y, validation=0.25, progress=False)

    on_cpu, there = fit("cpu"), fit(device)
    wanted = case.says(on_cpu)
    np.testing.assert_allclose(case.says(there), wanted, atol=1e-3, rtol=1e-3)
    there.save(tmp_path / "model")
    np.testing.assert_allclose(case.says(seqloom.load(tmp_path / "model")), wanted, atol=1e-3, rtol=1e-3)
    np.testing.assert_allclose(case.says(_moved(on_cpu, device)), wanted, atol=1e-3, rtol=1e-3)


def _moved(model: Any, device: str) -> Any:
    model.model_.to(device)
    return model
