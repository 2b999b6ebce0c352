from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqloom import load
from seqloom.decoding.ctc import BestPath
from seqloom.errors import DataError, UsageError
from seqloom.tasks.examples.values import Examples
from seqloom.tasks.language.language_model import LanguageModel
from seqloom.tasks.measures.edit_distance import word_error_rate
from seqloom.tasks.recognition.ctc import CTCSpeller
from seqloom.tasks.recognition.language import known_language, learned_ngram
from seqloom.tasks.recognition.listening import frames_of
from seqloom.tasks.recognition.network import frame_steps
from seqloom.tasks.recognition.recognizer import Recognizer
from seqloom.tasks.recognition.transcripts import Transcripts
from seqloom.training.settings import TrainingSettings
from tests.tasks.recognition.spelling import reader, recognizer, series, spelt

UNSEEN, TRUE = spelt(20, seed=1000)


def decoding(**how: Any) -> Recognizer:
    """The reader, which decodes in another way."""
    plain = dict.fromkeys(("language_model", "beam", "rescore", "language_weight", "word_bonus", "order"))
    return copy.deepcopy(reader()).set_params(**(plain | how))


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"beam": 1},
        {"language_model": "ngram"},
        {"language_model": "ngram", "beam": 4, "language_weight": 0.3, "word_bonus": 0.1},
        {"language_model": "ngram", "rescore": 4},
    ],
)
def test_it_reads_what_it_has_not_seen(how: dict[str, Any]) -> None:
    model = decoding(**how)
    found = model.predict(UNSEEN)
    assert word_error_rate(TRUE, found) < 0.1
    figures = model.evaluate(UNSEEN, TRUE)
    assert figures.model["word_error_rate"] == word_error_rate(TRUE, found)
    assert model.score(UNSEEN, TRUE) == -figures.model["word_error_rate"]
    assert figures.watched == "word_error_rate"
    assert figures.count == sum(len(text.split()) for text in TRUE)
    assert figures.baselines.keys() == {"nothing", "the most frequent transcript"}
    assert figures.baselines["nothing"]["word_error_rate"] == 1.0
    assert figures.notes[-1].startswith("The best baseline")


def test_a_model_that_has_learned_nothing_says_so() -> None:
    model = recognizer(training={"steps": 1}).fit(*spelt(10), progress=False)
    figures = model.evaluate(UNSEEN, TRUE)
    assert figures.notes[-1].startswith("No better than the baseline")
    assert any("→" in note or "−" in note for note in figures.notes[:-1])


def test_words_have_times_and_texts_have_rivals() -> None:
    model = decoding(beam=8)
    text = "cab abba"
    best, *others = model.transcribe([series(text, 5)], count=3)[0]
    assert best.text == text
    assert len(others) == 2
    assert best.log_probability > others[0].log_probability > others[1].log_probability
    first, second = best.words
    assert (first.word, second.word) == ("cab", "abba")
    assert 0 <= first.begin < first.end <= second.begin < second.end <= len(series(text, 5))
    assert first.begin <= 3
    assert second.begin == pytest.approx(len(series("cab ", 5)), abs=3)


def test_greedy_decoding_has_one_text() -> None:
    assert [len(one) for one in decoding(beam=1).transcribe(UNSEEN, count=3)] == [1] * len(UNSEEN)


@pytest.mark.parametrize("spec", ["conv(8, width=3)", "conv(8, width=3, stride=2)", "gru(8) bidirectional"])
@pytest.mark.parametrize("steps", [40, 41, 7])
def test_long_rows_are_read_in_pieces_to_the_same_end(spec: str, steps: int) -> None:
    """What layers see is within the steps around a piece: all but what lies very far away."""
    model = recognizer(spec, tokens="words", training={"steps": 2}).fit(*spelt(10), progress=False)
    module: Any = model.model_
    rows = [torch.randn(length, 5) for length in (95, 4, steps, 33)]
    examples = Examples({"x": rows}, torch.zeros(4))
    whole = [np.concatenate(list(pieces)) for pieces in frames_of(module, examples)]
    parts = [list(pieces) for pieces in frames_of(module, examples, long=32)]
    assert [len(pieces) > 1 for pieces in parts] == [len(row) > 32 for row in rows]
    for one, row, pieces in zip(whole, rows, parts, strict=True):
        assert len(one) == -(-len(row) // frame_steps(module))
        np.testing.assert_allclose(np.concatenate(pieces), one, atol=1e-3 if "gru" in spec else 1e-5)


def test_transcripts_are_compared_as_they_are_spoken_or_as_they_are_written() -> None:
    X, texts = spelt(10)
    shouted = [f"{text.upper()}!" for text in texts]
    spoken = recognizer(training={"steps": 1}).fit(X, shouted, progress=False)
    assert spoken.evaluate(X, shouted).to_mapping()["model"] == spoken.evaluate(X, texts).to_mapping()["model"]
    assert set("".join(spoken.predict(X))) <= set("abcd ")
    written = recognizer(style="written", training={"steps": 1}).fit(X, shouted, progress=False)
    vocabulary = Transcripts.from_json(written.facts_["transcripts"]).vocabulary
    assert vocabulary.unknown("ABBA CAB!") == []
    assert vocabulary.unknown("abba") == ["a", "b"]


def test_what_is_picked_leaves_frames_enough() -> None:
    X, texts = spelt(40)
    model = Recognizer(training={"steps": 1, "device": "cpu"}).fit(X, texts, progress=False)
    picked = model.facts_["picked"]
    assert picked["model"].startswith(
        "conv(96, stride=2) + norm(kind=layer) + 2*gru"
    )  # of words, one for a dozen steps
    letters = Recognizer(tokens="characters", training={"steps": 1, "device": "cpu"}).fit(X, texts, progress=False)
    assert "stride" not in letters.facts_["picked"]["model"]


def test_few_words_that_are_said_often_are_the_tokens() -> None:
    X, texts = spelt(40)
    found = Recognizer("conv(4)", training={"steps": 1}).fit(X, texts, progress=False)
    assert Transcripts.from_json(found.facts_["transcripts"]).of_words


def test_transcripts_that_are_too_long_are_named_before_training() -> None:
    X, texts = spelt(10)
    X[3] = X[3][:2]
    X[7] = X[7][:3]
    with pytest.raises(DataError) as error:
        recognizer().fit(X, texts, 0.0, progress=False)
    assert f"{texts[3]!r}: expected at least" in str(error.value)
    assert f"{texts[7]!r}: expected at least" in str(error.value)
    with pytest.raises(DataError, match=r"'cabb': expected at least 5 frames for its 4 tokens, got"):
        reader().evaluate([series("a")], ["cabb"])


@pytest.mark.parametrize(
    ("X", "y", "said"),
    [
        (["a text", "another"], ["a", "b"], "expected sounds or series"),
        ([series("abba")] * 2, ["a", 3], "row 1: expected a text, got 3"),
        ([series("abba")] * 2, ["", "!"], "no transcript has a word"),
    ],
)
def test_what_cannot_be_learned_from(X: list[Any], y: list[Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        recognizer().fit(X, y, 0.0, progress=False)


def test_silence_is_a_transcript_too() -> None:
    X, texts = spelt(20)
    X, texts = [*X, *[0.3 * torch.randn(9, 5) for _ in range(10)]], [*texts, *[""] * 10]
    model = recognizer(training={"steps": 200}).fit(X, texts, 0.0, progress=False)
    assert model.predict([torch.zeros(9, 5), series("cab", 3)]) == ["", "cab"]


def test_an_ngram_prefers_what_was_said() -> None:
    """Between two letters that sound alike, the one that makes a word."""
    model = decoding(language_model="ngram", language_weight=1.0, word_bonus=0.0)
    unsure = series("cab", 5, noise=0.0)
    unsure[-2:] = 0.5 * (torch.eye(5)[1] + torch.eye(5)[2])
    heard = {one.text for one in decoding(beam=16).transcribe([unsure], count=16)[0]}
    assert len(heard) > 4
    assert model.predict([unsure]) == ["cab"]


def test_weights_of_a_language_model_are_chosen_on_what_is_held_out() -> None:
    chosen = reader().facts_["fusion"]
    assert chosen["weight"] in (0.25, 0.5, 1.0)
    given = recognizer(language_model="ngram", language_weight=0.7, training={"steps": 2}).fit(
        *spelt(12), progress=False
    )
    assert given.facts_["fusion"]["weight"] == 0.7
    fixed = recognizer(language_model="ngram", language_weight=0.7, word_bonus=0.2, training={"steps": 2})
    assert "fusion" not in fixed.fit(*spelt(12), progress=False).facts_


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_a_language_model_that_was_trained_by_itself_helps(kind: str, tmp_path: Path) -> None:
    training = TrainingSettings(steps=60, epochs=None, device="cpu", learning_rate=0.02)
    texts = spelt(60)[1]
    LanguageModel("gru(16)", tokens=kind, window=16, training=training).fit(texts).save(tmp_path / "lm")
    model = decoding(language_model=str(tmp_path / "lm"), language_weight=0.5, word_bonus=0.5)
    assert word_error_rate(TRUE, model.predict(UNSEEN)) < 0.1
    assert word_error_rate(TRUE, copy.copy(model).set_params(rescore=8).predict(UNSEEN)) < 0.1
    known = known_language(str(tmp_path / "lm"), None)
    transcripts = Transcripts.from_json(model.facts_["transcripts"])
    fusion = known.fused(transcripts, 1.0, 0.0)
    place, score = fusion.begin(), 0.0
    for token in transcripts.vocabulary.encode("cab abba"):
        score += float(fusion.gains(place)[token])
        (place,) = fusion.follow([place], [token])
    score += fusion.end(place)
    loaded: Any = load(tmp_path / "lm")
    if kind == "characters":
        assert score == pytest.approx(loaded.log_probability("cab abba", end=known.ends), abs=1e-4)
    else:
        ids = known.vocabulary.encode("cab abba")
        assert score == pytest.approx(loaded.log_probability("cab abba", end=known.ends), abs=1e-4), ids


def test_the_best_texts_are_rescored() -> None:
    """Those that the search finds without a language model, each by what it would add to the whole of it."""
    how: dict[str, Any] = {"language_model": "ngram", "language_weight": 3.0, "word_bonus": 0.5}
    x = series("cab", 5, noise=0.0)
    x[x[:, 3] == 1] = 0.45 * torch.eye(5)[3] + 0.55 * torch.eye(5)[4]  # a c, or rather a d
    found = decoding(beam=16).transcribe([x], count=16)[0]
    judged = decoding(beam=16, rescore=4, **how).transcribe([x], count=4)[0]
    assert {(one.text, one.log_probability) for one in judged} == {(one.text, one.log_probability) for one in found[:4]}
    assert [one.score for one in judged] == sorted((one.score for one in judged), reverse=True)
    assert (found[0].text, judged[0].text) == ("dab", "cab")


def test_language_models_that_cannot_be_heard(tmp_path: Path) -> None:
    reader().save(tmp_path / "reader")
    for asked, said in (("nowhere", "there is no nowhere"), (str(tmp_path / "reader"), "of the task 'recognition'")):
        with pytest.raises(UsageError, match=said):
            decoding(language_model=asked).predict(UNSEEN[:1])
    without = recognizer(training={"steps": 1}).fit(*spelt(10), progress=False)
    with pytest.raises(UsageError, match="was trained without"):
        without.set_params(language_model="ngram").predict(UNSEEN[:1])
    with pytest.raises(UsageError, match="greedy decoding"):
        decoding(language_model="ngram", beam=1).predict(UNSEEN[:1])
    with pytest.raises(UsageError, match="order: no effect"):
        recognizer(order=2).fit(*spelt(10))
    with pytest.raises(UsageError, match="rescore: no effect"):
        decoding(rescore=4).predict(UNSEEN[:1])
    with pytest.raises(UsageError, match="rescore: expected at most the beam, 8, got 9"):
        decoding(rescore=9, beam=8, language_model="ngram").predict(UNSEEN[:1])


def test_an_ngram_of_words_judges_whole_words() -> None:
    texts = ["cab bad", "cab bad", "abba"]
    transcripts = Transcripts.learned(texts, "spoken", None)
    ngram = learned_ngram(texts, transcripts, "word-ngram", 2)
    fusion = known_language("word-ngram", ngram).fused(transcripts, 1.0, 0.0)

    def score(text: str) -> float:
        place, total = fusion.begin(), 0.0
        for token in transcripts.vocabulary.encode(text):
            total += float(fusion.gains(place)[token])
            (place,) = fusion.follow([place], [token])
        return total + fusion.end(place)

    assert score("cab bad") > score("cab cab") > score("cab") + score("bad") - 20
    assert score("cab bad") > score("cab dab")


def test_saved_and_loaded_it_says_the_same(tmp_path: Path) -> None:
    reader().save(tmp_path / "model")
    again: Any = load(tmp_path / "model")
    assert isinstance(again, Recognizer)
    assert again.transcribe(UNSEEN[:3], count=2) == reader().transcribe(UNSEEN[:3], count=2)


def test_a_beam_of_one_is_greedy() -> None:
    speller = decoding(beam=1)._speller(reader().facts_)
    assert isinstance(speller, CTCSpeller)
    assert isinstance(speller.begin(None)(), BestPath)
