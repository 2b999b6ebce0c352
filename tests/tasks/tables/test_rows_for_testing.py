"""Rows that a table names for testing: neither learned from nor held out, and scored by themselves."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from seqloom.data.tables import choose_columns, read_table
from seqloom.tasks.classification.classifier import Classifier
from seqloom.tasks.tables.rows_for_testing import rows_for_testing
from tests.tasks.odd_files import mood, page, rows, text


def test_rows_for_testing_are_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    body = [[["train", "train", "dev", "test"][place % 4], *row] for place, row in enumerate(rows(text, mood))]
    path.write_text(page(["split", "text", "label"], body))
    training = {"steps": 2, "device": "cpu"}
    model = Classifier("gru(4) + pool(last)", tokens="words", training=training).fit(path, progress=False)
    assert model.validation_.count == sum(row[0] == "dev" for row in body)
    assert model.facts_["size"]["examples"] == sum(row[0] == "train" for row in body)
    tests = rows_for_testing(path, {}, model.columns_)
    assert tests is not None
    assert (list(tests), tests.y) == ([row[1] for row in body if row[0] == "test"], [row[2] for row in body[3::4]])


def test_a_table_without_such_rows_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(page(["text", "label"], rows(text, mood)))
    columns = choose_columns(read_table(path))
    assert rows_for_testing(path, {}, columns) is None
    assert rows_for_testing(path, {}, None) is None
    assert rows_for_testing(path, {}, dataclasses.replace(columns, part="split")) is None
