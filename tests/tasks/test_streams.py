"""What a causal estimator says step by step is what it says of the whole: every estimator that streams or watches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from seqloom import LanguageModel
from seqloom.data import Padded
from seqloom.data.sounds.sound import Array
from seqloom.tasks.classification.classifier import Classifier
from seqloom.tasks.forecasting.forecaster import Forecaster
from seqloom.tasks.music.events.event_model import MusicEventModel
from seqloom.tasks.music.music_model import MusicModel
from seqloom.tasks.recognition.recognizer import Recognizer
from seqloom.tasks.registry import estimator_of, tasks
from seqloom.tasks.regression.regressor import Regressor
from seqloom.tasks.tagging.tagger import Tagger

BRIEF = {"steps": 4, "epochs": None, "device": "cpu", "learning_rate": 0.05}
DRAW = np.random.default_rng(0)
SERIES = [DRAW.normal(size=(30 + k % 5, 2)).astype(np.float32) for k in range(24)]
WALKS = [DRAW.normal(size=(80 + k, 2)).cumsum(0) for k in range(4)]
TEXTS = [f"{word} number {k}" for k in range(12) for word in ("good", "bad")]
SENTENCES = [["the", "dog", "barks"], ["a", "cat", "sleeps"], ["dogs", "sleep"], ["the", "cat"]] * 5
TAGS = [["DET", "NOUN", "VERB"], ["DET", "NOUN", "VERB"], ["NOUN", "VERB"], ["DET", "NOUN"]] * 5
ROLLS = [DRAW.random((20 + k % 5, 88)) < 0.05 for k in range(24)]


class Pair(NamedTuple):
    """What is said step by step, and what is said of the whole."""

    steps: Any
    whole: Any


def classifier(body: str) -> Pair:
    model = Classifier(f"{body} + pool(last)", training=BRIEF).fit(SERIES, [0, 1] * 12, progress=False)
    stream = model.stream()
    parts = [SERIES[0][:end] for end in range(1, len(SERIES[0]) + 1)]
    return Pair([list(stream.push(step).values()) for step in SERIES[0]], model.predict_proba(parts))


def regressor(body: str) -> Pair:
    model = Regressor(body, training=BRIEF).fit(SERIES, [row[:, 0].cumsum() for row in SERIES], progress=False)
    stream = model.stream()
    return Pair([stream.push(step) for step in SERIES[0]], model.predict(SERIES[:1])[0])


def tagger(body: str) -> Pair:
    model = Tagger(body, crf=False, embedding=4, training=BRIEF).fit(SENTENCES, TAGS, progress=False)
    stream, said = model.stream(), []
    for token in SENTENCES[0]:
        stream.push(token)
        said.append(list(stream.probabilities.values()))
    batch = Padded(*model._examples(model.facts_, SENTENCES[:1], None), 1)[0]
    return Pair(said, model.model_.eval()(batch.x, batch.length)[0].double().softmax(-1).detach().numpy())


def recognizer(body: str) -> Pair:
    sounds = [Array.of(0.1 * DRAW.normal(size=1600).astype(np.float32), 8000) for _ in range(8)]
    model = Recognizer(body, tokens="characters", normalisation="training", beam=1, training=BRIEF)
    model.fit(sounds, ["a", "ab", "b a", "b"] * 2, progress=False)
    stream, samples = model.stream(silence=100.0), sounds[0].values
    said = [one for begin in range(0, len(samples), 100) for one in stream.push(samples[begin : begin + 100])]
    (whole,) = model.transcribe(sounds[:1])[0][:1]
    last = [*said, *stream.finish()][-1]
    return Pair([last.text, *map(str, last.words)], [whole.text, *map(str, whole.words)])


def forecaster(body: str, **more: Any) -> Pair:
    model = Forecaster(body, horizon=3, season=4, training=BRIEF, **more).fit(WALKS, progress=False)
    name, levels = next(iter(model.facts_["scales"])), (0.1, 0.5, 0.9)
    stream = model.stream(name)
    for step in WALKS[0]:
        stream.push(step)
    return Pair(stream.forecast(levels), model.predict(WALKS[:1], levels)[0])


def music(body: str, **more: Any) -> Pair:
    model = MusicModel(body, training=BRIEF, **more).fit(ROLLS, progress=False)
    stream = model.stream()
    pitches = [(21 + np.flatnonzero(step)).tolist() for step in ROLLS[0]]
    return Pair([-stream.push(step) for step in pitches], model.log_probabilities(ROLLS[:1])[0])


def language(body: str) -> Pair:
    model = LanguageModel(body, tokens="characters", training=BRIEF).fit(TEXTS, progress=False)
    watcher = model.watch(calibrate=TEXTS, unit="token", rate=0.5)
    steps = watcher.line(TEXTS[0])
    return Pair(-sum(step.surprise or 0.0 for step in steps), model.log_probability(TEXTS[0], end=False))


def events(body: str) -> Pair:
    rolls = [roll | (np.arange(88) == 40) for roll in ROLLS]
    model = MusicEventModel(body, embedding=8, training=BRIEF).fit(rolls, progress=False)
    tokens = model._events(model.facts_)
    words = [tokens.text(token) for token in model._read(rolls[:1], None, model.facts_).X[0].tokens.tolist()]
    stream = model.stream()
    return Pair([-stream.push(word) for word in [*words, "end"]], model.log_probabilities(rolls[:1])[0])


BODIES = ("gru(4)", "lstm(4) + mingru(4)", "retnet(8, heads=2)", "transformer(8, heads=2)", "lru(4)", "mamba2(8)")
PAIRS: dict[str, tuple[type, Callable[[str], Pair]]] = {
    "classifier": (Classifier, classifier),
    "regressor": (Regressor, regressor),
    "tagger": (Tagger, tagger),
    "recogniser": (Recognizer, recognizer),
    "forecaster": (Forecaster, forecaster),
    "forecaster, recursive": (Forecaster, lambda body: forecaster(body, horizon_by="recursive")),
    "music": (MusicModel, music),
    "music, keys that know of each other": (MusicModel, lambda body: music(body, keys="autoregressive")),
    "music of events": (MusicEventModel, events),
    "language model": (LanguageModel, language),
}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param(name, body, marks=pytest.mark.slow if body != BODIES[0] else ())
        for name in PAIRS
        for body in BODIES
    ],
)
def test_step_by_step_is_the_whole(name: str, body: str) -> None:
    steps, whole = PAIRS[name][1](body)
    if isinstance(whole, list) and isinstance(whole[0], str):
        assert steps == whole
    else:
        np.testing.assert_allclose(steps, whole, rtol=1e-5, atol=1e-5)


def test_every_estimator_that_streams_or_watches_is_held_to_it() -> None:
    kinds = {estimator_of(task) for task in tasks()}
    streaming = {one for one in kinds if hasattr(one, "stream") or hasattr(one, "watch")}
    assert {kind for kind, _ in PAIRS.values()} == streaming
