"""Which task a file is taken for, and from which columns: a table of odd files, all of which are right or ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.data.tables import choose_columns
from seqloom.errors import DataError, UsageError
from seqloom.tasks.guess import guess
from seqloom.tasks.tables.columns import asked_of, table_of
from tests.tasks.odd_files import Case, cases

CASES = cases()


def test_there_are_more_than_forty() -> None:
    assert len(CASES) > 40
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_task_and_the_columns_are_right_or_asked_for(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    path.write_bytes(case.data)
    if case.asks:
        with pytest.raises(UsageError) as caught:
            guess(path, {})
        assert caught.value.exit_code == 2
        for words in (str(path), *case.asks):
            assert words in str(caught.value)
        return
    found = guess(path, {})
    assert (found.task if found else "") == case.task
    if case.inputs:
        choice = choose_columns(table_of(path, {}))
        assert (choice.inputs, choice.target) == (case.inputs, case.target)


def test_what_is_said_decides(tmp_path: Path) -> None:
    by_name = {case.name: case for case in CASES}
    for name, given, task in [
        ("two_targets.csv", {"target": "topic"}, "classification"),
        ("mails.csv", {"input": "subject,body"}, "classification"),
        ("length.csv", {"target": "words", "input": "text"}, None),
        ("price.csv", {"target": "price"}, "regression"),
    ]:
        path = tmp_path / name
        path.write_bytes(by_name[name].data)
        if task is None:
            with pytest.raises(UsageError, match="whole numbers from 5 to 11"):
                guess(path, given)
        else:
            found = guess(path, given)
            assert found is not None
            assert found.task == task
    both = choose_columns(table_of(tmp_path / "mails.csv", {}), asked_of({"input": "subject,body"}))
    assert both.inputs == ("subject", "body")


def test_a_damaged_table_is_no_prose(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,label\nfine,a\n"open,b\n')
    with pytest.raises(DataError, match="a quote is opened"):
        guess(tmp_path / "a.csv", {})
    (tmp_path / "a.txt").write_text("text\tlabel\nfine\ta\nso, so\n")
    assert guess(tmp_path / "a.txt", {}) is None


def test_a_folder_of_parts_has_no_classes(tmp_path: Path) -> None:
    for name in ("train.csv", "dev.csv", "test.csv", "README.md"):
        (tmp_path / name).write_text("text,label\nso,a\n")
    with pytest.raises(UsageError) as caught:
        guess(tmp_path, {})
    flags = f"--validation {tmp_path / 'dev.csv'} --test {tmp_path / 'test.csv'}"
    assert f"Name them: seqloom train {tmp_path / 'train.csv'} {flags}" in str(caught.value)
    (tmp_path / "train.csv").rename(tmp_path / "chapter.csv")
    guess(tmp_path, {})


def test_commands_that_are_advised_can_be_typed(tmp_path: Path) -> None:
    folder = tmp_path / "my data"
    folder.mkdir()
    for name in ("train.csv", "test.csv"):
        (folder / name).write_text("text,label\nso,a\n")
    with pytest.raises(UsageError, match=r"seqloom train '.*/my data/train.csv' --test '.*/my data/test.csv'"):
        guess(folder, {})


@pytest.mark.parametrize("beside", ["sounds", "pictures"])
def test_a_few_cells_that_are_called_as_files_are_no_paths(tmp_path: Path, beside: str) -> None:
    """Dates and numbers, ``10/12`` and ``7``, beside ``12.wav`` or ``7.png`` in another folder."""
    (tmp_path / beside).mkdir()
    for number in range(20):
        suffix = "wav" if beside == "sounds" else "png"
        (tmp_path / beside / f"{number}.{suffix}").write_bytes(b"")
    rows = [f"{month}/{day}\t{day} of month {month}" for month in range(1, 13) for day in range(12, 29)]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(["source\ttarget", *rows]) + "\n")
    found = guess(path, {})
    assert found is not None
    assert found.task == "translation"


@pytest.mark.parametrize("line", ["hello\t", "\thallo"], ids=["no target", "no source"])
def test_a_line_without_a_side_is_a_mistake_in_pairs(tmp_path: Path, line: str) -> None:
    """It is refused with its number by the task, not taken for a table of another one."""
    lines = [f"good morning {number}\tguten Morgen {number}" for number in range(40)]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join([*lines, line]) + "\n")
    found = guess(path, {})
    assert found is not None
    assert found.task == "translation"
