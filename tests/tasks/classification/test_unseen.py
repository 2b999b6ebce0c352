"""Labels that were not there to learn from are said, and count as wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seqloom.data.tables import Choice, Sought
from seqloom.data.tables.records import Record
from seqloom.errors import SeqloomWarning
from seqloom.tasks import Classifier
from seqloom.tasks.tables.predicting import Answered, Scored

TEXTS = [f"{word} number {k}" for k in range(20) for word in ("good", "bad")]
KINDS: dict[str, tuple[list[Any], Any, str]] = {
    "classes": (["+", "-"] * 20, "eel", "accuracy"),
    "labels": ([["+"], ["-"]] * 20, ["+", "eel"], "exact"),
    "numbers": ([1, 2] * 20, 7, "accuracy"),
}
SAID = "1 example has labels that were not seen in training: .*They count as wrong"


@pytest.mark.parametrize("kind", KINDS)
def test_they_count_as_wrong(kind: str) -> None:
    y, new, figure = KINDS[kind]
    model = Classifier("gru(8) + pool(last)", tokens="words", training={"epochs": 20})
    with pytest.warns(SeqloomWarning, match=SAID):
        model.fit(TEXTS, y, validation=([*TEXTS[:9], "good"], [*y[:9], new]), progress=False)
    right = model.evaluate(TEXTS[:9], y[:9]).model[figure]
    assert right > 0.5
    assert model.validation_.model[figure] == pytest.approx(0.9 * right)
    with pytest.warns(SeqloomWarning, match=SAID):
        found = model.evaluate([*TEXTS[:9], "good"], [*y[:9], new])
    assert found.model[figure] == pytest.approx(0.9 * right)
    assert kind == "labels" or str(new) in found.notes[0]


def test_a_picture_of_them(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    y = KINDS["classes"][0]
    model = Classifier("gru(8) + pool(last)", tokens="words", training={"epochs": 1})
    model.fit(TEXTS, y, validation=0.0, progress=False)
    assert all(file.exists() for file in model.draw(tmp_path, [*TEXTS, "eel"], [*y, "eel"]))


@pytest.mark.parametrize(
    ("sought", "known", "cell", "answer", "new"),
    [
        (Sought.CLASS, ["a", "b"], "eel", "a", True),
        (Sought.CLASS, [1, 2], "2", "2", False),
        (Sought.CLASS, [False, True], "TRUE", True, False),
        (Sought.LABELS, ["a", "b"], "a|eel", ["a"], True),
        (Sought.LABELS, ["a", "b"], "a|b", ["a"], False),
    ],
)
def test_what_predict_says_of_them(sought: Sought, known: list[Any], cell: str, answer: Any, new: bool) -> None:
    separator = "|" if sought == Sought.LABELS else ""
    scored = Scored(Choice(("text",), "label", sought, separator), ["text", "label"], known)
    scored.see(Answered(Record(2, ["x", cell]), {}, answer))
    assert ("1 example has labels that were not seen in training: 'eel'" in str(scored)) is new
