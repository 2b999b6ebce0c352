"""Commands read several files, folders and standard input."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.apps.running import FAST, TEXT, Command


class Piped(io.TextIOWrapper):
    """A standard input that holds a text."""

    def __init__(self, text: str) -> None:
        super().__init__(io.BytesIO(text.encode()), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    for name in ("10.txt", "9.txt", "8.txt"):
        (tmp_path / "notes" / name).write_text(TEXT)
    (tmp_path / "notes" / ".hidden").write_text("xyz")
    (tmp_path / "notes" / "picture.png").write_bytes(b"\x89PNG\0\0\0\0")
    return tmp_path / "notes"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_and_its_files_named_are_the_same_text(command: Command, folder: Path, home: Path) -> None:
    whole = command("train", "notes", *FAST, "--json")
    files = command("train", *(f"notes/{number}.txt" for number in (8, 9, 10)), *FAST, "--json")
    assert whole.code == files.code == 0, whole.err + files.err
    assert "Read 3 files; left out: 1 hidden, 1 binary.\n" in whole.err
    assert "left out" not in files.err
    first, second = json.loads(whole.out), json.loads(files.out)
    assert (first.pop("directory"), second.pop("directory")) == ("models/notes", "models/8")
    assert first == second
    again = command("train", "notes", *FAST[:-3], "--steps", 4, "--quiet", "--resume", "--json")
    assert json.loads(again.out)["steps"] == 4
    other = command("train", "notes/9.txt", "notes/8.txt", "--out", "models/notes", "--resume", "--steps", 5)
    assert other.code == 2
    assert "trained on another text" in other.err


def test_the_folder_that_one_is_in(command: Command, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for _ in range(2):
        result = command("train", ".", *FAST, "--force", "--json")
        assert json.loads(result.out)["directory"] == "models/notes"
    assert "1 of a model" in result.err


def test_sizes_add_up(command: Command, home: Path) -> None:
    for name in ("1", "2"):
        (home / name).write_text(TEXT)
    picked = [command("train", *names, "--steps", 1).err.splitlines()[0] for names in (["1"], ["1", "2"])]
    assert "lstm(32)" in picked[0]
    assert "lstm(64)" in picked[1]


def test_standard_input_is_text_like_any_other(
    command: Command, text_file: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(home / "tmp"))
    monkeypatch.setattr(sys, "stdin", Piped(TEXT))
    piped, read = command("train", "-", *FAST, "--json"), command("train", text_file, *FAST, "--json")
    assert piped.code == 0, piped.err
    first, second = json.loads(piped.out), json.loads(read.out)
    assert (first.pop("directory"), second.pop("directory")) == ("models/stdin", "models/text")
    assert first == second
    monkeypatch.setattr(sys, "stdin", Piped(TEXT))
    assert command("train", "-", "--resume", "--steps", 4, "--quiet").code == 0
    monkeypatch.setattr(sys, "stdin", Piped(TEXT + "more"))
    refused = command("train", "-", "--resume", "--steps", 5, "--quiet")
    assert refused.code == 2
    assert "trained on another text" in refused.err
    assert list((home / "tmp").iterdir()) == []


def test_standard_input_that_is_no_text(command: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Piped(""))
    result = command("train", "-", *FAST)
    assert (result.code, result.out) == (3, "")
    assert "The standard input is empty" in result.err
    monkeypatch.setattr(sys, "stdin", None)
    assert command("train", "-", *FAST).code == 3


@pytest.mark.parametrize("name", ["", "nowhere", "notes/8.text"])
def test_every_input_has_to_be_there(command: Command, folder: Path, home: Path, name: str) -> None:
    result = command("train", "notes", name, *FAST)
    assert result.code == (3 if name else 2)
    assert ("Did you mean '8.txt'?" in result.err) is (name == "notes/8.text")
    assert not (home / "models").exists()


def test_evaluate_several(command: Command, model: Path, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch):
    whole = json.loads(command("evaluate", model, "notes", "--json").out)
    one = json.loads(command("evaluate", model, "notes/8.txt", "--json").out)
    assert whole["files"] == ["notes"]
    assert whole["characters"] == 3 * one["characters"]
    monkeypatch.setattr(sys, "stdin", Piped(TEXT))
    piped = json.loads(command("evaluate", model, "-", "--json").out)
    assert piped | {"files": ["notes/8.txt"]} == one


def test_score_several(command: Command, model: Path, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch):
    def rows(*words: object) -> list[dict[str, object]]:
        result = command("score", model, *words, "--json")
        assert result.code == 0, result.err
        return [json.loads(line) for line in result.out.splitlines()]

    (one,) = rows("notes/8.txt")
    for row in rows("notes"):
        assert row["text"] == one["text"]
        assert row["log_probability"] == pytest.approx(one["log_probability"])
    assert len(rows("notes/8.txt", "notes/9.txt", "--lines")) == 2 * TEXT.count("\n")
    for words in ([], ["-"]):
        monkeypatch.setattr(sys, "stdin", Piped(TEXT))
        assert rows(*words) == [one]


def test_the_documented_transformer_with_positions_trains_on_any_alphabet(
    command: Command, text_file: Path, home: Path
):
    spec = "positions(kind=learned, length=512) + 4*transformer(positions=none)"
    result = command("train", text_file, *FAST, "--model", spec, "--json")
    assert result.code == 0, result.err
    assert command("evaluate", "models/text", text_file).code == 0
