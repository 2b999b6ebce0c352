"""Rows of tables as examples: read as the settings say, divided without leaks, and read again as in training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seqloom.data.tables import Sought
from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.tasks.table_rows import held_out_rows, read_rows, rows_for_testing
from tests.tasks.moods import Moods
from tests.tasks.odd_files import mood, page, rows, text


def _table(tmp_path: Path, head: list[str], body: list[list[str]]) -> Path:
    (tmp_path / "a.csv").write_text(page(head, body))
    return tmp_path / "a.csv"


def _read(path: Any, about: dict[str, Any] | None = None, **settings: Any) -> Any:
    return read_rows(path, settings, Sought.CLASS, about or {})


def test_what_was_chosen_is_read_again(tmp_path: Path) -> None:
    body = rows(text, mood, lambda place, good: f"n{place % 5}")
    given = _read(_table(tmp_path, ["text", "mood", "label"], body), target="mood")
    assert given.about["columns"]["target"] == "mood"
    again = _read(_table(tmp_path, ["label", "mood", "text"], [row[::-1] for row in body]), dict(given.about))
    assert list(again.X) == list(given.X) == [row[0] for row in body]
    assert again.y == given.y
    bare = _read(_table(tmp_path, ["text", "n"], [["so so", "1"], ["", "2"], ["fine", "3"]]), dict(given.about))
    assert (list(bare.X), bare.y) == (["so so", "", "fine"], None)
    with pytest.raises(UsageError, match="has no column 'text'"):
        _read(_table(tmp_path, ["texts"], [["so so"]]), dict(given.about))


def test_rows_for_testing_are_kept_aside(tmp_path: Path) -> None:
    body = [[["train", "dev", "test"][place % 3], *row] for place, row in enumerate(rows(text, mood))]
    path = _table(tmp_path, ["split", "text", "label"], body)
    given = _read(path)
    assert list(given.X) == [row[1] for row in body if row[0] != "test"]
    held_out = held_out_rows(given.X, given.y, 0.1, 0)
    assert [given.X[place] for place in held_out] == [row[1] for row in body if row[0] == "dev"]
    tests = rows_for_testing(path, {}, given.about)
    assert tests is not None
    assert (list(tests), tests.y) == ([row[1] for row in body if row[0] == "test"], [row[2] for row in body[2::3]])
    with pytest.warns(SeqloomWarning, match="left out 13 rows for testing, by the column 'split'"):
        assert list(_read(path, dict(given.about)).X) == list(given.X)
    body[4][0] = "tset"
    with pytest.raises(DataError, match="column 'split', line 6: expected train, validation or test, got 'tset'"):
        _read(_table(tmp_path, ["split", "text", "label"], body), split_column="split")


def test_groups_and_times_decide_what_is_held_out(tmp_path: Path) -> None:
    body = rows(text, mood, lambda place, good: f"u{place % 8}", lambda place, good: f"2024-01-{1 + place % 28:02d}")
    path = _table(tmp_path, ["text", "label", "user", "day"], body)
    given = _read(path, target="label", group="user")
    users = {body[place][2] for place in held_out_rows(given.X, given.y, 0.25, 3)}
    assert 0 < len(users) < 8
    assert not users & {body[place][2] for place in {*range(40)} - {*held_out_rows(given.X, given.y, 0.25, 3)}}
    given = _read(path, target="label", time="day")
    latest = {body[place][3] for place in held_out_rows(given.X, given.y, 0.2, 3)}
    assert latest == {f"2024-01-{day}" for day in range(21, 29)}


def test_lists_are_divided_alike() -> None:
    texts = [row[0] for row in rows(text)] * 2
    labels = [row[0] for row in rows(mood)] * 2
    held_out = held_out_rows(texts, labels, 0.2, 0)
    assert {place % 40 for place in held_out} & {place % 40 for place in {*range(80)} - {*held_out}} == set()
    assert held_out_rows([[1.0], [2.0], [3.0], [4.0]], [1.0, 2.0, 3.0, 4.0], 0.25, 0)


def test_an_estimator_reads_files_and_frames(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    body = [*rows(text, mood, count=80), ["", "positive"]]
    path = _table(tmp_path, ["text", "label"], body)
    training = {"steps": 60, "learning_rate": 1.0, "device": "cpu"}
    with pytest.warns(SeqloomWarning, match=r"Left out 1 with an empty text \(line 82\)"):
        model = Moods(training=training).fit(path, progress=False)
    frame = pandas.DataFrame(body[:-1], columns=["text", "label"])
    again = Moods(training=training).fit(frame, progress=False)
    texts = [row[0] for row in body[:-1]]
    assert model.predict(texts) == again.predict(frame) == again.predict(frame[["text"]])
    assert model.score(frame) == again.score(texts, [row[1] for row in body[:-1]])
