"""The page of a model of each word of the grammar: no question goes without an answer."""

from __future__ import annotations

import pytest

from seqloom import Classifier, LanguageModel
from seqloom.inspection.report import page
from seqloom.layers.words import WORDS
from seqloom.tasks.inspecting.report import sections

BRIEF = {"steps": 1, "epochs": None, "device": "cpu"}
TEXT = "the cat sat on the mat. the dog sat on the log. " * 8
TEXTS = ["a red cat", "the blue dog", "one cat", "a big blue cat and a dog"] * 6
ALONE = {"window": "window(4)", "norm": "norm + elman(4)", "positions": "positions + elman(4)", "esn": "esn(8)"}
HYBRIDS = ["2*lstm(4)", "2*gated-deltanet(4) + attention(4, window=8)", "conv(4, width=3) + mingru(4)", "project(4)"]
BOTH_WAYS = ["lstm(4) bidirectional", "2*gru(4) bidirectional + pool(attention)", "conv(4, stride=2) + elman(4)"]
QUESTIONS = {"What is it, and how good?", "How far back does it look?", "Why this answer?"}


@pytest.mark.slow
@pytest.mark.parametrize("spec", [*(ALONE.get(word, f"{word}(4)") for word in WORDS), *HYBRIDS])
def test_a_language_model_of_each_word(spec: str) -> None:
    pytest.importorskip("matplotlib")
    model = LanguageModel(spec, window=16, batch_size=2, training=BRIEF).fit([TEXT], progress=False)
    said: list[str] = []
    found = list(sections(model, [TEXT], say=said.append))
    assert {section.title for section in found} >= QUESTIONS
    assert not [line for line in said if "not shown" in line]
    assert "<section" in page("a model", found)


@pytest.mark.slow
@pytest.mark.parametrize("spec", BOTH_WAYS)
def test_a_classifier_that_reads_both_ways(spec: str) -> None:
    pytest.importorskip("matplotlib")
    model = Classifier(spec, embedding=4, training=BRIEF).fit(TEXTS, ["x", "y"] * 12, validation=0.0, progress=False)
    found = list(sections(model, TEXTS, ["x", "y"] * 12, say=lambda line: None))
    assert {section.title for section in found} >= QUESTIONS
