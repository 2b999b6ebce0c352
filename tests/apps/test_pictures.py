"""``seqloom evaluate --plots``: pictures of answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom import Classifier
from tests.apps.running import Command

pytest.importorskip("matplotlib")


def test_evaluate_draws_and_says_where(tmp_path: Path, command: Command) -> None:
    rows = [(f"{word} number {k}", mood) for k in range(12) for word, mood in (("good", "+"), ("bad", "-"))]
    model = Classifier("gru(8) + pool(last)", tokens="words", training={"epochs": 2, "device": "cpu"})
    model.fit([text for text, _ in rows], [mood for _, mood in rows]).save(tmp_path / "model")
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(f"{text},{mood}\n" for text, mood in rows))
    found = command("evaluate", tmp_path / "model", tmp_path / "a.csv", "--plots", tmp_path / "plots")
    assert found.code == 0
    files = [tmp_path / "plots" / f"{name}.png" for name in ("confusion", "precision_recall")]
    assert found.err.splitlines()[::2] == [f"Drawn: {file}" for file in files]
    assert found.err.splitlines()[1].startswith("  What is right lies on the diagonal")
    assert all(file.is_file() for file in files)
    assert "baseline" in found.out.splitlines()[-1]


def test_a_task_without_pictures_says_so(model: Path, text_file: Path, tmp_path: Path, command: Command) -> None:
    found = command("evaluate", model, text_file, "--plots", tmp_path)
    assert found.code == 2
    assert "no pictures of the task 'language-model'" in found.err
