"""``seqloom examples data``: files made from a seed, never over what is there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.apps.running import Command
from tests.apps.test_bad_input import refused

NAMES = ["sentences", "sensors", "tagged", "pairs", "sums", "speech", "captions", "video", "series", "prices", "tunes"]
NAMES += ["machine", "faults"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_all_are_listed(command: Command) -> None:
    found = command("examples", "data")
    assert [line.split()[0] for line in found.out.splitlines()] == NAMES
    rows = [json.loads(line) for line in command("examples", "data", "--json").out.splitlines()]
    assert [row["data"] for row in rows] == NAMES


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("sentences", "sentences.csv"),
        ("sensors", "sensors.csv"),
        ("tagged", "tagged.conll"),
        ("pairs", "pairs.tsv"),
        ("sums", "sums.tsv"),
        ("prices", "prices.csv"),
        ("machine", "machine.csv"),
    ],
)
def test_a_file_and_its_path(command: Command, name: str, file: str) -> None:
    found = command("examples", "data", name, "--rows", 5)
    assert (found.code, found.out) == (0, f"{file}\n")
    assert f"seqloom train {file}" in found.err
    first = Path(file).read_bytes()
    refused(command("examples", "data", name), 2, f"--out: {file} is there. Add --force")
    assert Path(file).read_bytes() == first
    again = command("examples", "data", name, "--rows", 5, "--seed", 1, "--force", "--json")
    assert json.loads(again.out) == {"path": file, "data": name, "rows": 5, "seed": 1}
    assert Path(file).read_bytes() != first


def test_sensors_in_folders(command: Command) -> None:
    assert command("examples", "data", "sensors", "--rows", 4, "-o", "new/signals").out == f"{Path('new/signals')}\n"
    assert sorted(os.listdir("new/signals")) == ["idle", "overload", "running", "worn"]
    assert os.listdir("new") == ["signals"]
    refused(command("examples", "data", "sensors", "-o", "new/signals", "--force"), 2, "is a folder that is there")


def test_speech_with_its_transcripts(command: Command) -> None:
    assert command("examples", "data", "speech", "--rows", 3).out == "speech\n"
    assert sorted(os.listdir("speech")) == ["1.wav", "2.wav", "3.wav", "transcripts.csv"]
    refused(command("examples", "data", "speech"), 2, "is a folder that is there")


@pytest.mark.parametrize(("name", "inner"), [("captions", "images"), ("video", "videos")])
def test_pictures_beside_their_captions(command: Command, name: str, inner: str) -> None:
    assert command("examples", "data", name, "--rows", 3).out == f"{name}\n"
    assert sorted(os.listdir(name)) == ["captions.csv", inner]
    assert len(os.listdir(f"{name}/{inner}")) == 3
    refused(command("examples", "data", name), 2, "is a folder that is there")


def test_tunes_as_midi_files(command: Command) -> None:
    found = command("examples", "data", "tunes", "--rows", 2)
    assert (found.out, sorted(os.listdir("tunes"))) == ("tunes\n", ["1.mid", "2.mid"])
    assert found.err == "2 tunes written.\n"


def test_mistakes(command: Command) -> None:
    refused(command("examples", "data", "sensor"), 2, "tunes, machine or faults; got 'sensor'. Did you mean 'sensors'?")
    refused(command("examples", "data", "tagged", "--rows", 0), 2, "--rows")
    refused(command("examples"), 2, "Missing command")
    assert os.listdir() == []


def test_a_disk_that_refuses_leaves_nothing(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def write(path: Path, content: bytes) -> None:
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(path)
        path.write_bytes(content)

    monkeypatch.setattr("seqloom.storage.directory.write_file", write)
    refused(command("examples", "data", "sensors", "-o", "signals"), 6, "No space left on device", "Free some space")
    assert os.listdir() == []
