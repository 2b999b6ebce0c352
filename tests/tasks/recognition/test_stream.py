"""A recogniser that hears a sound in pieces hears what it does in the whole, and says when speech has ended."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from seqloom.data.sounds.sound import Array
from seqloom.decoding.ctc import BestPath
from seqloom.errors import UsageError
from seqloom.tasks.recognition.network import RecognitionModel
from seqloom.tasks.recognition.recognizer import Recognizer
from tests.tasks.recognition.test_sounds import RATE, tones

TEXTS = ["low", "mid high", "high low mid", "mid mid", "high", "low high"] * 6


@cache
def listener() -> Recognizer:
    sounds = [Array.of(tones(text, place), RATE) for place, text in enumerate(TEXTS)]
    training = {"steps": 150, "epochs": None, "device": "cpu", "learning_rate": 0.02}
    model = Recognizer(
        "conv(16, stride=2) + gru(16)",
        batch_size=8,
        dropout=0.0,
        augment=0.0,
        normalisation="training",
        training=training,
    )
    return model.fit(sounds, TEXTS, validation=0, progress=False)


def pushed(stream, samples, size=160):
    pieces = [samples[begin : begin + size] for begin in range(0, len(samples), size)]
    return [one for piece in pieces for one in stream.push(piece)] + stream.finish()


@pytest.mark.parametrize("size", [160, 7, 1000, 100_000])
def test_pieces_have_the_scores_of_the_whole(size, monkeypatch):
    samples = tones("low high mid", 99)
    fed = []
    monkeypatch.setattr(BestPath, "feed", lambda self, frames: fed.append(frames))
    stream = listener().set_params(beam=1).stream(silence=100)
    pushed(stream, samples, size)
    network = listener().model_
    assert isinstance(network, RecognitionModel)
    from seqloom.tasks.inputs import inputs_from_json

    x = inputs_from_json(listener().facts_["inputs"]).encode([Array.of(samples, RATE)])[0]
    with torch.no_grad():
        whole = network.eval()(x[None])[0].double().log_softmax(-1)
    listener().set_params(beam=None)
    np.testing.assert_allclose(np.concatenate(fed), whole.numpy(), atol=1e-5)


@pytest.mark.parametrize("beam", [1, 4])
def test_what_is_heard_in_pieces_is_what_is_heard_in_the_whole(beam):
    model = listener().set_params(beam=beam)
    for place, text in enumerate(TEXTS[:6]):
        samples = tones(text, 1000 + place)
        last = pushed(model.stream(silence=100), samples)[-1]
        whole = model.transcribe([Array.of(samples, RATE)])[0][0]
        assert (last.text, last.final) == (whole.text, True)
        assert [word.word for word in last.words] == text.split()
        np.testing.assert_allclose(
            [(word.begin, word.end) for word in last.words], [(word.begin, word.end) for word in whole.words]
        )
    model.set_params(beam=None)


def test_words_come_while_they_are_said_and_are_final_after_a_silence():
    still = (0.01 * np.random.default_rng(0).standard_normal(RATE)).astype(np.float32)
    parts = [tones("low mid", 1), still, tones("high", 2), still[: RATE // 4]]
    heard = pushed(listener().stream(silence=0.5), np.concatenate(parts))
    finals = [one for one in heard if one.final]
    assert [one.text for one in finals] == ["low mid", "high"]
    assert "low" in {one.text for one in heard if not one.final}
    assert finals[1].words[0].begin > len(parts[0]) / RATE + 0.9
    at_once = [one for one in pushed(listener().stream(silence=0.5), np.concatenate(parts), 10**6) if one.final]
    assert at_once == finals
    ends = next(place for place, one in enumerate(heard) if one.final) * 160 / RATE
    assert len(parts[0]) / RATE + 0.3 < ends < len(parts[0]) / RATE + 0.8


def test_a_stream_begins_anew_and_takes_numbers_in_lines():
    stream = listener().stream()
    samples = tones("mid", 3)
    first = pushed(stream, samples)[-1]
    stream.reset()
    assert pushed(stream, samples)[-1] == first
    stream.reset()
    line = " ".join(map(str, samples[:400].tolist()))
    assert len(stream.line(line)) == 1
    assert stream.line("") == []


@pytest.mark.parametrize(
    ("spec", "more", "message"),
    [
        ("gru(4) bidirectional", {}, "piece by piece"),
        ("gru(4)", {"normalisation": "recording"}, "normalisation training"),
    ],
)
def test_models_that_need_the_whole_say_so(spec, more, message):
    training = {"steps": 1, "epochs": None, "device": "cpu"}
    sounds = [Array.of(tones(text, place), RATE) for place, text in enumerate(TEXTS[:6])]
    model = Recognizer(spec, **{"normalisation": "training", "training": training} | more)
    model.fit(sounds, TEXTS[:6], validation=0, progress=False)
    with pytest.raises(UsageError, match=message):
        model.stream()


def test_an_utterance_without_an_end_is_ended():
    speech = np.concatenate([tones("mid high low", place) for place in range(60)])
    heard = [one for one in pushed(listener().stream(silence=0.12), speech, 1600) if one.final]
    lengths = [one.words[-1].end - one.words[0].begin for one in heard if one.words]
    assert len(heard) > 1
    assert max(lengths) < 100 * 0.12 + 2
    assert " ".join(one.text for one in heard).split().count("high") > 50
