"""A word that training never had is read by its pretrained vector, if the file had it among the first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqloom
from seqloom.data.text.vectors import first_words
from seqloom.errors import DataError
from seqloom.tasks import Classifier, Tagger

WORDS = {"good": 0, "great": 0, "fine": 0, "bad": 1, "poor": 1, "awful": 1, "thing": 2, "dog": 3, "cat": 3, "horse": 3}
"""Which of some random vectors each is near; 'fine' and 'awful' stand last."""
TEXTS = [f"{word} thing" + " thing" * (k % 3) for k in range(12) for word in ("good", "bad")]
TRAINING = {"epochs": 12, "device": "cpu", "learning_rate": 0.02, "schedule": "constant"}


@pytest.fixture
def vectors(tmp_path: Path) -> str:
    random = np.random.default_rng(0)
    centres = random.normal(size=(4, 8))
    order = [*(word for word in WORDS if word not in ("fine", "awful")), "fine", "awful"]
    vectors = {word: (centres[WORDS[word]] + 0.05 * random.normal(size=8)).round(3) for word in order}
    lines = [" ".join([word, *map(str, vector)]) for word, vector in vectors.items()]
    (tmp_path / "v.txt").write_text("\n".join(lines) + "\n")
    return str(tmp_path / "v.txt")


def classifier(vectors: str, **more: Any) -> Classifier:
    model = Classifier("gru(8) + pool(max)", vectors=vectors, dropout=0.0, word_dropout=0.2, training=TRAINING, **more)
    return model.fit(TEXTS, ["+", "-"] * 12, validation=0.0, progress=False)


def tagger(vectors: str, **more: Any) -> Tagger:
    sentences = [[word, other] for word in ("good", "bad") for other in ("dog", "cat")] * 6
    tags = [["+" if row[0] == "good" else "-", "x"] for row in sentences]
    arguments = {"characters": "lstm(2) + pool(last)", "affixes": 0, "dropout": 0.0, "word_dropout": 0.2}
    model = Tagger("lstm(8)", vectors=vectors, batch_size=4, training=TRAINING, **arguments | more)
    return model.fit(sentences, tags, progress=False)


def said_of(word: str) -> dict[Callable[..., Any], Callable[[Any], str]]:
    return {
        classifier: lambda model: str(model.predict([f"{word} thing"])[0]),
        tagger: lambda model: str(model.predict([[word, "dog"]])[0][0]),
    }


@pytest.mark.parametrize("make", [classifier, tagger])
def test_words_near_those_of_training_are_read_as_these(make: Callable[..., Any], vectors: str, tmp_path: Path) -> None:
    model = make(vectors)
    said = {word: said_of(word)[make](model) for word in ("great", "poor", "fine", "awful")}
    assert said == {"great": "+", "poor": "-", "fine": "+", "awful": "-"}
    Path(vectors).unlink()
    model.save(tmp_path / "model")
    loaded = seqloom.load(tmp_path / "model")
    assert {word: said_of(word)[make](loaded) for word in said} == said, "the model does not need the file"


@pytest.mark.parametrize(("make", "key"), [(classifier, "embedding.table"), (tagger, "front.words.weight")])
def test_no_more_are_kept_than_are_asked_for(make: Callable[..., Any], key: str, vectors: str) -> None:
    few, some, all_of_them = (make(vectors, more_words=count) for count in (0, 8, 10_000))
    rows = [len(model.model_.state_dict()[key]) for model in (few, some, all_of_them)]
    seen = 3 if make is classifier else 4
    assert [count - rows[0] for count in rows] == [0, 8 - seen, 10 - seen], "those that training had are there anyway"
    unknown = said_of("zebra")[make](few)
    assert said_of("great")[make](few) == said_of("poor")[make](few) == unknown, "both are the unknown word"


def test_a_model_goes_on_with_the_words_that_it_keeps(vectors: str) -> None:
    first = classifier(vectors)
    model = Classifier(training={"epochs": 1}, vectors=vectors)
    model.fit(["great thing", "poor thing"] * 12, ["+", "-"] * 12, start_from=first, validation=0.0, progress=False)
    assert len(model.model_.state_dict()["embedding.table"]) == len(first.model_.state_dict()["embedding.table"])


def test_only_the_head_of_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("3 2\na 1 2\nb 1 2\nno numbers here\n")
    assert first_words(tmp_path / "v.txt", 2) == (2, ["a", "b"])
    assert first_words(tmp_path / "v.txt", 0) == (2, [])
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(DataError, match="has no vectors"):
        first_words(tmp_path / "empty.txt", 2)
