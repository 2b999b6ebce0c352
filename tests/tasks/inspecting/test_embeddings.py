"""Which tables of vectors the tasks have, and what a report says of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqloom import Captioner, Classifier, LanguageModel, Recognizer, Regressor, Seq2Seq, Tagger
from seqloom.tasks.inspecting.embeddings import section

BRIEF = {"steps": 1, "epochs": None, "device": "cpu"}
TEXTS = ["a red cat", "the blue dog", "one cat", "a dog"] * 2
SERIES = [np.ones((9, 2), np.float32) * place for place in range(8)]
PICTURES = np.zeros((8, 8, 8, 1), np.uint8)
WORDS = {"a", "red", "cat", "the", "blue", "dog", "one"}
CASES: dict[str, tuple[Any, Any, Any, list[str]]] = {
    "a text": (LanguageModel("gru(4)", embedding=4, window=4, training=BRIEF), TEXTS, None, ["characters"]),
    "one-hot": (LanguageModel("gru(4)", embedding="one-hot", window=4, training=BRIEF), TEXTS, None, []),
    "classes": (Classifier("gru(4)", tokens="words", training=BRIEF), TEXTS, ["x", "y"] * 4, ["words"]),
    "numbers": (Regressor("gru(4)", training=BRIEF), SERIES, [1.0] * 4 + [2.0] * 4, []),
    "tags": (
        Tagger("gru(4)", training=BRIEF),
        [text.split() for text in TEXTS],
        [["T", *["U"] * (len(text.split()) - 1)] for text in TEXTS],
        ["words", "characters"],
    ),
    "pairs": (
        Seq2Seq("gru(4) -> luong(4)", source_tokens="words", target_tokens="words", embedding=4, training=BRIEF),
        TEXTS,
        TEXTS,
        ["words of sources", "words of targets"],
    ),
    "spoken": (Recognizer("gru(4)", tokens="characters", training=BRIEF), SERIES, ["a", "b"] * 4, []),
    "written": (
        Recognizer("gru(4) -> luong(4)", tokens="characters", training=BRIEF),
        SERIES,
        ["a", "b"] * 4,
        ["characters of transcripts"],
    ),
    "captions": (
        Captioner("grid(4, cell=4) -> luong(4)", tokens="words", training=BRIEF),
        PICTURES,
        TEXTS,
        ["words of captions"],
    ),
}
FAST = ("one-hot", "classes", "tags", "spoken")


@pytest.mark.parametrize("name", [pytest.param(one, marks=[pytest.mark.slow] * (one not in FAST)) for one in CASES])
def test_each_task_has_the_vectors_of_its_tokens(name: str) -> None:
    model, X, y, expected = CASES[name]
    tables = model.clone().fit(X, *([] if y is None else [y]), validation=0.0, progress=False).token_vectors()
    assert [one.what for one in tables] == expected
    for one in tables:
        assert one.vectors.shape[0] == len(one.names) == len(set(one.names))
        assert set(one.order) <= set(range(len(one.names)))
        assert "words" not in one.what or {*one.names} > WORDS
        assert not one.names[one.order[0]].startswith("<")


def test_a_report_says_how_different_they_are() -> None:
    pytest.importorskip("matplotlib")
    model, X, _, _ = CASES["a text"]
    tables = model.clone().fit(X, validation=0.0, progress=False).token_vectors()
    found = section(tables, "")
    assert len(found.shown) == 2
    assert "0 between one-hot vectors" in found.says[0]
    assert tables[0].names[tables[0].order[0]] in (" ", "e", "<eos>", "d")
