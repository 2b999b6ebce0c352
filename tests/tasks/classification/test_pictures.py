"""Pictures of the answers of a classifier."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqloom import Classifier
from seqloom.errors import UsageError
from seqloom.inspection import confusion, precision_recall
from seqloom.tasks.classification import pictures
from seqloom.tasks.classification.known import Known

pytest.importorskip("matplotlib")
TEXTS, MOODS = [f"{word} number {k}" for k in range(12) for word in ("good", "bad")], ["+", "-"] * 12


@pytest.fixture(scope="module")
def model() -> Classifier:
    training = {"epochs": 2, "device": "cpu", "learning_rate": 0.03}
    return Classifier("gru(8) + pool(last)", tokens="words", training=training).fit(TEXTS, MOODS)


def test_two_classes_have_two_pictures(model: Classifier, tmp_path: Path) -> None:
    files = model.draw(tmp_path / "new" / "folder", TEXTS, MOODS)
    assert [file.name for file in files] == ["confusion.png", "precision_recall.png"]
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)


def test_what_is_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    drawn = []
    for place, name in ((confusion, "draw_confusion"), (precision_recall, "draw_precision_recall")):
        assert getattr(place, name)
        monkeypatch.setattr(pictures, name, lambda *given: drawn.append(given))
    known = Known(["no", "yes"], thresholds=[0.4])
    p = np.array([[0.9, 0.1], [0.55, 0.45], [0.2, 0.8], [0.7, 0.3]])
    named = {"gru": p, "majority": np.full((4, 2), 0.5), "line": 1 - p}
    files = pictures.draw_answers(known, ["no", "no", "yes", "yes"], named, tmp_path)
    (counts, classes, title, picture), (curves, share, question, _) = drawn
    assert (counts.tolist(), list(classes), picture) == ([[1, 1], [1, 1]], ["no", "yes"], next(iter(files)))
    assert title == "gru\nmacro-F1 0.500, accuracy 0.500"
    assert (share, question) == (0.5, "Is it yes?")
    assert [(curve.label, curve.chosen) for curve in curves] == [("gru", (0.5, 0.5)), ("line", None)]


def test_more_classes_have_a_confusion_and_labels_have_none(tmp_path: Path) -> None:
    p = {"gru": np.eye(3)}
    assert pictures.draw_answers(Known(["a", "b", "c"]), ["a", "b", "c"], p, tmp_path).keys() == {
        tmp_path / "confusion.png"
    }
    with pytest.raises(UsageError, match="pictures of classes only"):
        pictures.draw_answers(Known(["a"], several=True), [["a"]], {"gru": np.ones((1, 1))}, tmp_path)
