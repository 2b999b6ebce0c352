"""The laws of estimators, for every estimator that there is."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from seqloom.tasks.captioning.captioner import Captioner
from seqloom.tasks.classification.classifier import Classifier
from seqloom.tasks.forecasting.forecaster import Forecaster
from seqloom.tasks.music.events.event_model import MusicEventModel
from seqloom.tasks.music.music_model import MusicModel
from seqloom.tasks.recognition.recognizer import Recognizer
from seqloom.tasks.regression.regressor import Regressor
from seqloom.tasks.tagging.tagger import Tagger
from seqloom.tasks.translation.seq2seq import Seq2Seq
from seqloom.testing import ESTIMATOR_LAWS, Trial
from seqloom.training.settings import TrainingSettings
from tests.tasks.conftest import small
from tests.tasks.toy import Ranker

NEW_PROCESSES = {"saved and loaded in a new process", "killed and resumed is fit"}
QUICK = {
    "ranker",
    "language model",
    "classifier of texts",
    "regressor of series",
    "tagger of words",
    "recogniser",
    "music",
}


def pairs() -> list[str]:
    """Two words each, of any lengths."""
    draw = random.Random(0)
    return [
        f"{''.join(draw.choices('abc', k=k % 5 + 1))} {''.join(draw.choices('abc', k=k % 3 + 1))}" for k in range(24)
    ]


def ranker() -> Ranker:
    return Ranker("gru(4)", training=TrainingSettings(steps=6, epochs=None, device="cpu", learning_rate=0.05))


TEXTS = [f"{word}\n" for word in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]]
SENTENCES = [["the", "dog", "barks"], ["a", "cat", "sleeps", "well"], ["dogs", "sleep"], ["the", "cat"]] * 5
TAGS = [["DET", "NOUN", "VERB"], ["DET", "NOUN", "VERB", "ADV"], ["NOUN", "VERB"], ["DET", "NOUN"]] * 5
SERIES = [torch.randn(3 + k % 4, 2, generator=torch.Generator().manual_seed(k)) for k in range(20)]
STATES = [["up" if step > 0 else "down" for step in row[:, 0].tolist()] for row in SERIES]
BRIEF = {"steps": 4, "epochs": None, "device": "cpu", "learning_rate": 0.05}


def tagger() -> Tagger:
    return Tagger("lstm(4) bidirectional", characters="lstm(4) + pool(last)", embedding=4, training=BRIEF)


LENGTHY = [f"{word} number {k}" for k in range(12) for word in ("good", "bad")]
WALKS = [np.cumsum(np.random.default_rng(k).normal(size=(40 + k, 2)), 0) for k in range(6)]
RAGGED = [torch.randn(3 + k % 4, 2, generator=torch.Generator().manual_seed(k)) for k in range(24)]

SOUNDS = [0.1 * torch.randn(800 + 80 * (k % 4), generator=torch.Generator().manual_seed(k)) for k in range(24)]


def classifier(spec: str = "gru(4) + pool(mean)", **more: Any) -> Classifier:
    return Classifier(spec, training=BRIEF, **more)


def recognizer(spec: str = "gru(4) bidirectional", **more: Any) -> Recognizer:
    return Recognizer(spec, tokens="characters", training=BRIEF, **more)


PAIRS = ["a cat", "the dog sat", "two dogs", "a red dog sat", "no"] * 5


def seq2seq(**more: Any) -> Seq2Seq:
    return Seq2Seq("gru(4) bidirectional -> luong(4)", embedding=4, training=BRIEF, **more)


ROLLS = [np.random.default_rng(k).random((4 + k % 5, 88)) < 0.05 for k in range(24)]
PICTURES = [np.full((8, 8, 1), 255 * (k % 2), np.uint8) + np.uint8(k) for k in range(20)]


def captioner() -> Captioner:
    return Captioner("grid(4, cell=4) -> luong(8)", embedding=4, width=2, training=BRIEF)


TRIALS = {
    "pairs of texts": Trial(seq2seq, PAIRS, [text.upper() for text in PAIRS]),
    "pairs of words, with sampling": Trial(
        lambda: seq2seq(source_tokens="words", target_tokens="words", sampling=0.5, copy=True, most_steps=40),
        PAIRS,
        [f"{text} and so on" for text in PAIRS],
    ),
    "classifier of texts": Trial(classifier, LENGTHY, ["+", "-"] * 12),
    "classifier of words, with a threshold": Trial(
        lambda: classifier(tokens="words", threshold="max-f1"), LENGTHY, ["+", "-"] * 12
    ),
    "classifier of labels": Trial(classifier, LENGTHY, [["a"], ["a", "b"]] * 12),
    "classifier of series": Trial(lambda: classifier("lstm(4) bidirectional + pool(attention)"), RAGGED, [0, 1, 2] * 8),
    "classifier of sounds": Trial(lambda: classifier("conv(4, stride=2) + gru(4)", rate=8000), SOUNDS, [0, 1, 2] * 8),
    "regressor of texts": Trial(lambda: Regressor("gru(4) + pool(mean)", training=BRIEF), LENGTHY, list(range(24))),
    "regressor of series": Trial(
        lambda: Regressor("gru(4) + pool(last)", loss="huber", training=BRIEF),
        [row[:, 0].tolist() for row in RAGGED],
        [float(row.mean()) for row in RAGGED],
    ),
    "regressor of steps": Trial(
        lambda: Regressor("gru(4)", training=BRIEF), RAGGED, [row[:, 0].cumsum(0).tolist() for row in RAGGED]
    ),
    "tagger of words": Trial(tagger, SENTENCES, TAGS),
    "tagger of series": Trial(tagger, SERIES, STATES),
    "forecaster": Trial(
        lambda: Forecaster("gru(4)", horizon=2, season=1, training=BRIEF),
        WALKS,
        asks="predict",
        exempt={"missing values are refused": "what is missing in a series is left out, and said"},
    ),
    "music": Trial(lambda: MusicModel("gru(4)", training=BRIEF), ROLLS, asks="log_probabilities"),
    "music of keys that know of each other": Trial(
        lambda: MusicModel("gru(4)", keys="autoregressive", transpose=2, training=BRIEF),
        ROLLS,
        asks="log_probabilities",
    ),
    "music with labels": Trial(
        lambda: MusicModel("gru(4)", training=BRIEF),
        ROLLS,
        ["jig", "reel"] * 12,
        asks="log_probabilities",
        exempt={"scikit-learn's questions are answered": "y may be given, and need not be"},
    ),
    "music of events": Trial(
        lambda: MusicEventModel("gru(4)", embedding=4, transpose=2, window=16, training=BRIEF),
        [roll | (np.arange(88) == 40) for roll in ROLLS],
        asks="log_probabilities",
    ),
    "recogniser": Trial(recognizer, RAGGED, ["a", "ab", "b a"] * 8),
    "recogniser with a language model": Trial(
        lambda: recognizer(language_model="ngram", beam=3), RAGGED, ["a", "ab", "b a"] * 8
    ),
    "recogniser of sounds": Trial(lambda: recognizer(rate=8000), SOUNDS, ["a", "ab", "b a"] * 8),
    "recogniser with a decoder, rescored": Trial(
        lambda: recognizer("gru(4) -> luong(4)", language_model="ngram", rescore=2), RAGGED, ["a", "ab", "b a"] * 8
    ),
    "captioner": Trial(captioner, PICTURES, ["all black", ["all white", "white"]] * 10),
    "ranker": Trial(ranker, pairs(), [k % 2 for k in range(24)]),
    "language model": Trial(
        lambda: small(steps=6),
        TEXTS,
        asks="log_probabilities",
        exempt={"empty rows are refused": "the empty text is a text: its probability is that of its end"},
    ),
}


@cache
def fitted(name: str) -> Any:
    return TRIALS[name].fit(TRIALS[name].make())


@pytest.mark.parametrize(
    ("name", "law"),
    [
        pytest.param(name, law, marks=() if name in QUICK and law not in NEW_PROCESSES else pytest.mark.slow)
        for name, trial in TRIALS.items()
        for law in ESTIMATOR_LAWS
        if law not in trial.exempt
    ],
)
def test_it_obeys(name: str, law: str) -> None:
    ESTIMATOR_LAWS[law](TRIALS[name], fitted(name))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in TRIALS]
)
def test_what_is_picked_has_an_effect(name: str) -> None:
    """A default that is not None counts as given, and what is picked in its place is lost."""
    model = fitted(name)
    if hasattr(model, "_pick"):
        assert not set(model._pick(model.facts_)) & set(type(model)()._given())
