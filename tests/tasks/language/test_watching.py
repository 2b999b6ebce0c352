"""A language model under watch: stream and batch agree for every kind of document, and strange lines ring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.data import Document
from seqloom.errors import DataError, UsageError
from seqloom.tasks.language.language_model import LanguageModel
from seqloom.tasks.language.surprise import Unit, surprises_of

TRAINING = {"steps": 3, "device": "cpu"}
LINES = [f"user {k % 7} in room {k % 3}" for k in range(200)]


def learned(
    document: str, text: str, tmp_path: Path, tokens: str = "characters", steps: int = 3, **more: Any
) -> LanguageModel:
    (tmp_path / "a.txt").write_text(text)
    training = {**TRAINING, "steps": steps, "learning_rate": 0.02}
    model = LanguageModel(
        "gru(8)", document=document, tokens=tokens, window=32, batch_size=4, training=training, **more
    )
    return model.fit(tmp_path / "a.txt", validation=0.4, progress=False)


@pytest.mark.parametrize("tokens", ["characters", "words"])
@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize(
    ("document", "between", "reset"),
    [
        ("file", "", None),
        ("line", "", None),
        ("line", "", False),
        ("blank-line", "", None),
        ("blank-line", "\n", None),
        ("blank-line", "\n\n", False),
    ],
)
def test_a_stream_says_what_the_batch_says(
    document: str, between: str, reset: bool | None, unit: Unit, tokens: str, tmp_path: Path
) -> None:
    text = "".join(line + "\n" + (between if k % 3 == 2 else "") for k, line in enumerate(LINES))
    model = learned(document, text, tmp_path, tokens, reset=reset)
    kind = Document(document)
    part = text[:700]
    watcher = model.watch(0.5, unit=unit)
    steps = [step for line in part.split("\n") for step in watcher.line(line + "\n")]
    documents = part.split("\n") if kind is Document.LINE else part.split(f"\n{between}") if between else [part]
    batch = surprises_of(model._fitted(), kind, documents, unit)
    np.testing.assert_allclose(
        [step.surprise for step in steps], [one.nats for one in batch if one is not None], rtol=1e-5, atol=1e-5
    )
    assert [step.found.parts for step in steps if step.found] == [one.parts for one in batch if one]


def test_strange_lines_ring_and_their_tokens_too(tmp_path: Path) -> None:
    model = learned("file", "\n".join(LINES) + "\n", tmp_path, steps=60)
    watcher = model.watch(0.1)
    assert watcher.steps == pytest.approx(0.4 * 200, abs=2)
    steps = [step for line in [*LINES[:50], "room in user 5 5 5", *LINES[50:53]] for step in watcher.line(line)]
    strange = steps[50]
    assert strange.label == "room in user 5 5 5"
    assert {"surprise", "mean surprise"} & {one.statistic for one in strange.alarms}
    tokens = model.watch(0.02, unit="token")
    found = [step for line in [*LINES[:50], "room in"] for step in tokens.line(line)][-8:]
    assert "".join(step.label for step in found[:-1]) == "room in"
    assert any(step.alarm for step in found)
    assert all(step.found is not None and step.found.parts == 1 for step in found)


def test_calibrations_are_kept_and_text_calibrates_too(tmp_path: Path) -> None:
    model = learned("file", "\n".join(LINES) + "\n", tmp_path)
    model.save(tmp_path / "model")
    again = LanguageModel.load(tmp_path / "model")
    for unit in Unit:
        assert again.watch(unit=unit).levels == model.watch(unit=unit).levels
    assert model.watch(calibrate=["\n".join(LINES[:20])]).steps == 20
    with pytest.raises(UsageError, match=r"rate: 0\.001 needs 2,999"):
        model.watch(0.001, calibrate=["\n".join(LINES[:20])])
    with pytest.raises(UsageError, match="Unit is line or token; got 'lines'"):
        model.watch(unit="lines")
    kept_nothing = LanguageModel("gru(8)", window=32, training=TRAINING).fit([" ".join(LINES)], validation=0.0)
    with pytest.raises(UsageError, match="--calibrate FILE"):
        kept_nothing.watch()


def test_a_piece_is_a_step(tmp_path: Path) -> None:
    watcher = learned("file", "\n".join(LINES) + "\n", tmp_path).watch(0.1)
    whole = watcher.push("user 1").surprise
    watcher.reset()
    parts = [watcher.push(piece).surprise or 0.0 for piece in ("us", "er 1")]
    assert sum(parts) == pytest.approx(whole, rel=1e-5)
    assert watcher.push("").surprise is None
    with pytest.raises(DataError, match="expected a text, got int"):
        watcher.push(3)
