"""Files of every kind through ``train``, ``predict`` and ``evaluate``: standard input, labels that score, encodings."""

from __future__ import annotations

import io
import json
import math
import sys
from pathlib import Path

import pytest

from seqloom.apps.cli.main import run
from tests.apps.running import Command

FAST = ("--model", "gru(4) + pool(last)", "--steps", "2", "--batch-size", "4", "--validation", "0", "--quiet")
WAVE = [round(math.sin(0.7 * step), 3) for step in range(9)]
STEPS = "id,time,x,label\n" + "".join(
    f"r{row},{step},{(1 + row % 2) * value},{'on' if row % 2 else 'off'}\n"
    for row in range(8)
    for step, value in enumerate(WAVE)
)
WORDS = "".join(f"der O\nHund B-TIER\n{word} O\n\n" for word in ("bellt", "schläft", "läuft", "rennt"))
GERMAN = "Gerät;Zeit;Wärme;Zustand\n" + "".join(
    f"G{row};{step};{str(round(value, 2)).replace('.', ',')};{'heiß' if row % 2 else 'kühl'}\n"
    for row in range(8)
    for step, value in enumerate(WAVE)
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("doors")
    (place / "steps.csv").write_text(STEPS)
    (place / "words.conll").write_text(WORDS)
    (place / "german.csv").write_bytes(GERMAN.encode("cp1252"))
    for row in range(6):
        (place / "folder" / "ab"[row % 2]).mkdir(parents=True, exist_ok=True)
        (place / "folder" / "ab"[row % 2] / f"{row}.txt").write_bytes(
            f"Grüße, {'so fein' * (1 + row % 2)}".encode("cp1252")
        )
    assert run(["train", str(place / "steps.csv"), "--out", str(place / "series"), *FAST]) == 0
    words = ["--model", "gru(4)", "--characters", "gru(4) + pool(last)", *FAST[2:]]
    assert run(["train", str(place / "words.conll"), "--out", str(place / "tagger"), *words]) == 0
    assert run(["train", str(place / "folder"), "--out", str(place / "texts"), *FAST]) == 0
    return place


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


@pytest.mark.parametrize(
    ("model", "file"), [("series", "steps.csv"), ("tagger", "words.conll"), ("series", "steps.npz")]
)
def test_standard_input_is_read_like_the_file(
    home: Path, command: Command, monkeypatch: pytest.MonkeyPatch, model: str, file: str
) -> None:
    import numpy as np

    if file.endswith(".npz"):
        np.savez(home / file, X=np.array([[WAVE] * 2] * 3).transpose(0, 2, 1)[:, :, :1], y=["on", "off", "on"])
    data = (home / file).read_bytes()
    for name in ("predict", "evaluate"):
        of_file = command(name, home / model, home / file)
        piped(monkeypatch, data)
        of_stream = command(name, home / model, "-")
        assert of_file.code == of_stream.code == 0, of_stream.err
        assert of_stream.out.replace("standard input", str(home / file)) == of_file.out


@pytest.mark.parametrize(
    ("words", "data", "said"),
    [
        (("predict", "series"), b"id,time,x,label\nr1,1,one,on\nr1,2,1,on\nr1,3,2,on\n", "standard input, column 'x'"),
        (("evaluate", "tagger"), b"der O\nHund\n\n", "standard input, line 2"),
        (("predict", "tagger"), b"a b c\n\n", "standard input: expected 2 columns"),
        (("evaluate", "series"), b"id,time,x\nr1,1,2\nr1,2,3\n", "standard input has no labels"),
    ],
)
def test_errors_name_standard_input(
    home: Path, command: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, str], data: bytes, said: str
) -> None:
    piped(monkeypatch, data)
    found = command(words[0], home / words[1], "-")
    assert (found.code, found.out) == (3, "")
    assert said in found.err
    assert "seqloom-stdin" not in found.err


@pytest.mark.parametrize(("model", "file", "count"), [("series", "steps.csv", 8), ("texts", "folder", 6)])
def test_labels_of_recordings_and_folders_score_predictions(
    home: Path, command: Command, model: str, file: str, count: int
) -> None:
    found = command("predict", home / model, home / file)
    accuracy = json.loads(command("evaluate", home / model, home / file, "--json").out)["model"]["accuracy"]
    assert f"{count} examples have a label: accuracy {accuracy:.3f}." in found.err


def test_unseen_labels_are_said_and_names_of_files_are_no_labels(home: Path, command: Command, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text(STEPS.replace(",off", ",idle"))
    found = command("predict", home / "series", tmp_path / "new.csv")
    assert "4 examples have labels that were not seen in training: 'idle'" in found.err
    for name in ("one.csv", "two.csv"):
        (tmp_path / "flat").mkdir(exist_ok=True)
        (tmp_path / "flat" / name).write_text("time,x\n" + "".join(f"{k},{x}\n" for k, x in enumerate(WAVE)))
    found = command("predict", home / "series", tmp_path / "flat")
    assert found.code == 0
    assert "accuracy" not in found.err


def test_encoding_and_decimals_of_series_are_found_or_said(home: Path, command: Command, tmp_path: Path) -> None:
    found = command("train", home / "german.csv", "--out", tmp_path / "run", *FAST, "--json")
    assert found.code == 0, found.err
    config = json.loads((next((tmp_path / "run").rglob("config.json"))).read_text())
    assert config["learned"]["facts"]["channels"] == ["Wärme"]
    assert (
        command("evaluate", tmp_path / "run", home / "german.csv", "--encoding", "cp1252", "--decimal", ",").code == 0
    )
    wrong = command("evaluate", tmp_path / "run", home / "german.csv", "--encoding", "utf-8")
    assert wrong.code == 3
    assert command("evaluate", home / "tagger", home / "words.conll", "--decimal", "x").code == 2


def test_encoding_of_tagged_words_and_of_folders(home: Path, command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_bytes(WORDS.encode("utf-16"))
    (tmp_path / "b.conll").write_bytes(WORDS.encode("cp1252"))
    usual = command("predict", home / "tagger", home / "words.conll").out
    assert command("predict", home / "tagger", tmp_path / "a.conll").out == usual
    found = command("predict", home / "tagger", tmp_path / "b.conll")
    assert (found.out, "read as cp1252" in found.err) == (usual, True)
    said = command("predict", home / "tagger", tmp_path / "b.conll", "--encoding", "cp1250")
    assert "read as" not in said.err
    of_folder = command("predict", home / "texts", home / "folder")
    assert (
        "is not UTF-8; read as cp1252 (it has 'Grüße'). --encoding says otherwise. So are 5 more files."
        in of_folder.err
    )


@pytest.mark.parametrize(
    "words",
    [
        ("train", "steps.csv", "--out", ""),
        ("train", "steps.csv", "--config", ""),
        ("train", "steps.csv", "--test", ""),
        ("train", "steps.csv", "--validation", ""),
        ("train", ""),
        ("data", ""),
        ("predict", "", "steps.csv"),
        ("evaluate", "series", ""),
        ("examples", "data", "sentences", "-o", ""),
        ("demo", "-o", ""),
        ("probe", "copy", "-o", ""),
    ],
)
def test_an_empty_name_of_a_file_is_refused(
    home: Path, command: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(home)
    before = sorted(home.iterdir())
    found = command(*words)
    assert found.code == 2
    assert "expected the name of a file or folder, got an empty one" in found.err
    assert sorted(home.iterdir()) == before
