"""What comes in place of a text is named, with what to give instead."""

from __future__ import annotations

import io
from collections import UserList
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.data import Characters, Corpus, Files, Texts
from seqloom.errors import DataError, UsageError
from seqloom.tasks.language.given import source_of
from tests.tasks.conftest import RHYME, small

LONG = "It was a bright cold day in April, and the clocks were striking thirteen. " * 1000


class Series:
    """A column of pandas, as far as it matters here."""

    def __init__(self, *items: object) -> None:
        self.items = items

    def tolist(self) -> list[object]:
        return list(self.items)

    def __iter__(self) -> Iterator[object]:
        return iter(self.items)


class Frame:
    """A table of pandas."""

    columns = ("text",)


def letters() -> Iterator[str]:
    yield "a"


REFUSED: list[tuple[Any, str, str]] = [
    (letters(), "got generator", "list(data)"),
    (map(str, [1]), "got map", "list(data)"),
    (io.StringIO("text"), "got _io.StringIO", "[file.read()]"),
    (io.BytesIO(b"text"), "got _io.BytesIO", "[file.read()]"),
    (b"text", "got bytes", "[data.decode()]"),
    (bytearray(b"text"), "got bytearray", "[data.decode()]"),
    ({"a": "text"}, "got dict", "list(data.values())"),
    ({"text"}, "got set", "sorted(data)"),
    (Frame(), "Frame", "one of its columns"),
    (42, "got int", "a list of texts"),
    (None, "got NoneType", "a list of texts"),
    (1.5, "got float", "a list of texts"),
    (["a", 3], "item 1 of the list is int", "a list of texts"),
    (["a", b"b"], "item 1 of the list is bytes", "a list of texts"),
    ([["a"]], "item 0 of the list is list", "a list of texts"),
    (["a", None], "item 1 of the list is NoneType", "a list of texts"),
    (np.array([1, 2]), "item 0 of the list is int", "a list of texts"),
    (np.array([["a"]]), "item 0 of the list is list", "a list of texts"),
    (np.array("a"), "got numpy.ndarray", "a list of texts"),
    (Series("a", float("nan")), "item 1 of the list is float", "a list of texts"),
    (["a", Path("b")], "item 1 of the list is pathlib", "Strings are texts there: write Path(…)"),
    ([Path("a"), "b"], "item 0 of the list is pathlib", "Strings are texts there: write Path(…)"),
    ("", "an empty one", "Expected the path"),
    ("It was a bright cold day", "No such file: It was a bright cold day\n", "[text]"),
    ("one\ntwo", "No such file: one\\ntwo\n", "[text]"),
    (LONG, f"({len(LONG):,} characters)", "[text]"),
    (LONG.replace(" ", ""), "No such file", "[text]"),
]


@pytest.mark.parametrize(("data", "what", "advice"), REFUSED, ids=[what for _, what, _ in REFUSED])
def test_what_is_no_text(data: Any, what: str, advice: str) -> None:
    with pytest.raises(UsageError) as raised:
        source_of(data)
    assert what in str(raised.value)
    assert advice in str(raised.value)
    assert len(str(raised.value)) < 350


def test_fit_and_evaluate_tell_what_came() -> None:
    with pytest.raises(UsageError, match="got generator"):
        small().fit(letters())  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"put it in a list: \[text\]"):
        small().fit(RHYME)
    with pytest.raises(UsageError, match="got bytes"):
        small().fit([RHYME], validation=b"text")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="got dict"):
        small(steps=1).fit([RHYME]).evaluate({})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        ["a", "b"],
        ("a", "b"),
        UserList(["a", "b"]),
        np.array(["a", "b"]),
        np.array(["a", "b"], object),
        Series("a", "b"),
    ],
    ids=["list", "tuple", "sequence", "array", "objects", "series"],
)
def test_what_counts_as_a_list_of_texts(data: Any) -> None:
    assert source_of(data) == Texts(["a", "b"])


def test_what_names_files(tmp_path: Path) -> None:
    first, second = tmp_path / "1.txt", tmp_path / "2.txt"
    first.write_text("one")
    second.write_text("two")
    for data in (str(first), first, [first]):
        assert source_of(data) == Files.of(first)
    assert source_of(tmp_path) == source_of([first, second]) == Files.of([first, second])
    with pytest.raises(DataError, match=r"No such file: .*1.text. Did you mean '1.txt'\?"):
        source_of(str(tmp_path / "1.text"))


def test_what_was_read_before_is_taken_as_it_is() -> None:
    corpus = Corpus.from_texts(["a"], Characters("a"))
    for data in (corpus, corpus.stream(), Texts(["a"])):
        assert source_of(data) is data


def test_names_of_files_as_texts_are_warned_of(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    with pytest.warns(UserWarning, match=r"a.txt': strings in a list are texts, not files"):
        assert source_of([str(tmp_path / "a.txt")]) == Texts([str(tmp_path / "a.txt")])


def test_what_is_left_out_of_a_folder_is_warned_of_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(RHYME)
    (tmp_path / ".hidden").write_text(RHYME)
    with pytest.warns(UserWarning, match="Read 1 file; left out: 1 hidden") as warned:
        small(steps=1).fit(tmp_path)
    assert len(warned) == 1


def test_several_files_are_several_documents(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.txt" for number in range(3)]
    for path in paths:
        path.write_text(RHYME)
    of_files, of_texts = small(steps=2).fit(paths), small(steps=2).fit([RHYME] * 3)
    assert of_files.reset_
    assert (
        of_files.baselines_.count(of_files.vocabulary_.eos) == of_texts.baselines_.count(of_texts.vocabulary_.eos) > 1
    )
    assert of_files.validation_ == of_texts.validation_
    assert small(steps=2).fit(tmp_path).validation_ == of_files.validation_
    assert of_files.evaluate(paths) == of_files.evaluate([RHYME] * 3)
    assert not small(steps=2).fit(paths[:1]).reset_


def test_resume_compares_all_files_in_order(tmp_path: Path) -> None:
    paths = [tmp_path / "1.txt", tmp_path / "2.txt"]
    paths[0].write_text(RHYME)
    paths[1].write_text(RHYME[::-1])
    run = tmp_path / "run"
    small(steps=2).fit(paths, run=run)
    small(steps=3).fit(paths, run=run, resume=True)
    for other in (paths[::-1], paths[:1], [*paths, tmp_path / "run" / "nothing.txt"]):
        if other[-1].name == "nothing.txt":
            other[-1].write_text("more")
        with pytest.raises(UsageError, match="trained on another text"):
            small(steps=3).fit(other, run=run, resume=True)
