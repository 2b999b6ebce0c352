"""Tables with a sentence a row: lists of words and of tags."""

from __future__ import annotations

import json
from pathlib import Path

import pandas
import pytest

from seqloom.data.tagged.columns import token_columns
from seqloom.data.tagged.table import read_token_table
from seqloom.errors import DataError, UsageError
from tests.data.writing import written

ROWS = [
    {"id": "7", "tokens": ["Anna", "left"], "pos_tags": ["NNP", "VBD"], "ner_tags": ["B-PER", "O"]},
    {"id": "8", "tokens": ["so"], "pos_tags": ["RB"], "ner_tags": ["O"]},
]


def lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def without(*names: str) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if name not in names} for row in ROWS]


@pytest.mark.parametrize(
    ("rows", "target", "tag"),
    [
        (ROWS, None, "ner_tags"),
        (ROWS, "pos_tags", "pos_tags"),
        (without("ner_tags"), None, "pos_tags"),
        (without("ner_tags", "pos_tags"), None, None),
        ([{"words": ["a", "b"], "chunk": [1, 2]}] * 2, None, "chunk"),
    ],
)
def test_lists_are_found(tmp_path: Path, rows: list[dict[str, object]], target: str | None, tag: str | None) -> None:
    path = written(tmp_path, {"a.jsonl": lines(rows)}) / "a.jsonl"
    columns = token_columns(path, target)
    assert columns is not None
    assert (columns.sentence, columns.word, columns.tag) == (
        None,
        *([one for one in rows[0] if one in ("tokens", "words")]),
        tag,
    )
    found = read_token_table(path, columns)
    assert found.tokens == [row[columns.word] for row in rows]
    assert found.tags == ({} if tag is None else {tag: [[str(one) for one in row[tag]] for row in rows]})  # type: ignore[attr-defined]


def test_predictions_are_a_new_key(tmp_path: Path) -> None:
    path = written(tmp_path, {"a.jsonl": lines(ROWS)}) / "a.jsonl"
    columns = token_columns(path)
    assert columns is not None
    found = read_token_table(path, columns)
    rows = [json.loads(line) for line in "".join(found.written([["A", "B"], ["C"]])).splitlines()]
    assert rows == [{**row, "prediction": tags} for row, tags in zip(ROWS, [["A", "B"], ["C"]], strict=True)]
    assert found.place(0, 1).endswith("a.jsonl, line 1, token 2")


def test_parquet_too(tmp_path: Path) -> None:
    pandas.DataFrame(ROWS).to_parquet(tmp_path / "a.parquet")
    columns = token_columns(tmp_path / "a.parquet")
    assert columns is not None
    assert read_token_table(tmp_path / "a.parquet", columns).tokens == [["Anna", "left"], ["so"]]


def test_texts_with_lists_of_labels_are_none(tmp_path: Path) -> None:
    rows = [{"text": "so it is", "labels": ["a", "b"]}, {"text": "fine", "labels": ["a"]}]
    assert token_columns(written(tmp_path, {"a.jsonl": lines(rows)}) / "a.jsonl") is None


def test_faults(tmp_path: Path) -> None:
    many: list[dict[str, object]] = ROWS * 60
    broken = [*many, {"tokens": ["a", "b"], "ner_tags": ["O"]}, {"tokens": [], "ner_tags": []}]
    path = written(tmp_path, {"a.jsonl": lines(broken)}) / "a.jsonl"
    columns = token_columns(path)
    assert columns is not None
    with pytest.raises(
        DataError, match=r"line 121: expected 2 tags in 'ner_tags'(?s:.*)line 122: expected a list of words"
    ):
        read_token_table(path, columns)
    two = [{"tokens": ["a"], "first": ["x"], "second": ["y"]}]
    with pytest.raises(UsageError, match=r"several lists of tags: 'first', 'second'\. Say which: --target first, or"):
        token_columns(written(tmp_path, {"b.jsonl": lines(two * 2)}) / "b.jsonl")
