"""A recogniser with a decoder: the same door and the same answers, written token by token."""

from __future__ import annotations

import copy
import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from seqloom import Recognizer, load
from seqloom.errors import DataError, UsageError
from seqloom.tasks.measures.edit_distance import word_error_rate
from seqloom.tasks.recognition.attention import AttentionNetwork
from tests.tasks.recognition.spelling import recognizer, series, spelt

UNSEEN, TRUE = spelt(20, seed=1000)
SPEC = "conv(24, width=3) + gru(24) bidirectional -> luong(24)"


@cache
def writer() -> Recognizer:
    """One that writes well; whoever changes it takes a copy."""
    training = {"steps": 150, "learning_rate": 0.02}
    return recognizer(SPEC, tokens="words", language_model="ngram", training=training).fit(*spelt(200), progress=False)


def writing(**how: Any) -> Recognizer:
    plain = {"language_model": None, "beam": None, "language_weight": None, "word_bonus": None, "rescore": None}
    return copy.deepcopy(writer()).set_params(**(plain | how))


@pytest.mark.parametrize(
    "how", [{"beam": 1}, {}, {"language_model": "ngram"}, {"language_model": "ngram", "rescore": 2}]
)
def test_it_writes_what_it_has_not_heard(how: dict[str, Any]) -> None:
    model = writing(**how)
    found = model.predict(UNSEEN)
    assert word_error_rate(TRUE, found) < 0.2
    figures = model.evaluate(UNSEEN, TRUE)
    assert figures.model["word_error_rate"] == word_error_rate(TRUE, found)
    assert figures.model["exact"] == sum(a == b for a, b in zip(TRUE, found, strict=True)) / len(TRUE)
    assert {"loss", "accuracy"} <= figures.model.keys()


def test_scores_are_those_of_the_network() -> None:
    """ln p of each text by itself, the end counted."""
    model = writing(beam=3)
    network, speller = model.model_, model._speller(model.facts_)
    assert isinstance(network, AttentionNetwork)
    several = model.transcribe(UNSEEN[:1], count=3)[0]
    (x,) = model._examples(model.facts_, UNSEEN[:1], None).inputs["x"]
    assert len(several) == 3
    assert several[0].log_probability > several[1].log_probability
    for one in several:
        (targets,) = speller.targets([one.text])
        with torch.no_grad():
            logits = network.eval().logits(x[None], None, targets[None]).double()
        wanted = logits.log_softmax(-1).gather(1, targets[:, None]).sum()
        assert one.log_probability == pytest.approx(float(wanted), abs=1e-4)
        assert one.score == one.log_probability


def test_a_language_model_judges_the_texts_that_the_beam_has_found() -> None:
    found = writing(beam=4).transcribe(UNSEEN[:3], count=4)
    model = writing(beam=4, language_model="ngram", language_weight=2.0, word_bonus=0.5)
    judged = model.transcribe(UNSEEN[:3], count=4)
    fusion = model._speller(model.facts_).fusion()
    assert fusion is not None
    for before, after in zip(found, judged, strict=True):
        assert {one.text for one in before} == {one.text for one in after}
        assert [one.score for one in after] == sorted((one.score for one in after), reverse=True)
        for one in after:
            place, said = fusion.begin(), 0.0
            for token in model._speller(model.facts_).transcripts.vocabulary.encode(one.text):
                said += float(fusion.gains(place)[token])
                (place,) = fusion.follow([place], [token])
            assert one.score == pytest.approx(one.log_probability + said + fusion.end(place), abs=1e-4)


def test_words_are_where_the_decoder_looked() -> None:
    text = "cab abba"
    (best,) = writing().transcribe([series(text, 5)])[0]
    assert best.text == text
    first, second = best.words
    assert (first.word, second.word) == ("cab", "abba")
    assert 0 <= first.begin <= first.end <= second.end <= len(series(text, 5))


def test_a_decoder_that_looks_nowhere_has_no_times() -> None:
    model = recognizer("gru(8) -> bottleneck(8)", training={"steps": 2}).fit(*spelt(12), progress=False)
    assert model.transcribe(UNSEEN[:2])[0][0].words == ()


@pytest.mark.parametrize("decoder", ["bahdanau(8)", "transformer(64)", "luong(8, feed=false)"])
def test_every_decoder_writes(decoder: str) -> None:
    model = recognizer(f"conv(8, stride=2) + gru(8) -> {decoder}", training={"steps": 2}).fit(
        *spelt(12), progress=False
    )
    assert len(model.predict(UNSEEN[:3])) == 3
    assert all(math.isfinite(one.score) for one in model.transcribe(UNSEEN[:1], 2)[0])


def test_what_is_far_longer_than_what_was_learned_is_refused_by_name() -> None:
    longest = writer().facts_["size"]["longest"]
    assert writing().predict([torch.zeros(2 * longest, 5)])
    with pytest.raises(DataError, match=rf"row 1: expected at most {2 * longest} steps, got {2 * longest + 1}"):
        writing().predict([UNSEEN[0], torch.zeros(2 * longest + 1, 5)])
    sounds = [0.1 * torch.randn(count, generator=torch.Generator().manual_seed(count)) for count in (4000, 8000) * 4]
    model = Recognizer("conv(4) -> luong(4)", rate=8000, training={"steps": 1, "device": "cpu"})
    with pytest.raises(DataError, match=r"row 0: expected at most 1.96 seconds, got 2.48\. A decoder"):
        model.fit(sounds, ["a", "b"] * 4, validation=0, progress=False).predict([torch.zeros(20_000)])
    held_out = [torch.zeros(2 * longest + 1, 5)], ["cab"]  # what is held out of a fit may be longer
    assert writing().evaluate(*held_out).count == 1


def test_it_cannot_stream_and_says_why() -> None:
    with pytest.raises(UsageError, match="to its end before its first word, so it cannot stream"):
        writing().stream()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"spec": "gru(4) -> luong"}, None),
        ({"spec": "gru(4) ->"}, "spec: Expected"),
        ({"spec": "grid(4) -> luong(4)"}, "reads pictures"),
    ],
)
def test_settings_that_do_not_fit(given: dict[str, Any], said: str | None) -> None:
    model = recognizer(**{"spec": "gru(4)", "training": {"steps": 1}} | given)
    if said is None:
        model.fit(*spelt(10), progress=False)
        return
    with pytest.raises(UsageError, match=said):
        model.fit(*spelt(10), progress=False)


def test_saved_and_loaded_it_says_the_same(tmp_path: Path) -> None:
    writer().save(tmp_path / "model")
    again: Any = load(tmp_path / "model")
    assert again.transcribe(UNSEEN[:3], count=2) == writer().transcribe(UNSEEN[:3], count=2)
