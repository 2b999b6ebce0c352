"""Sounds and their transcripts: every layout and spelling of a path; what has no other half is counted and named."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from seqloom.data.sounds import save_wav
from seqloom.data.sounds.transcribed import has_transcripts, read_transcribed
from seqloom.errors import DataError

TEXTS = {"a b.wav": "one two", "grün/ü.wav": "three four five", "grün/c.wav": "six"}


def sounds(folder: Path, names=tuple(TEXTS)) -> Path:
    for place, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        save_wav(folder / name, np.sin(np.arange(800 + place)), 8000)
    return folder


def csv(folder: Path, rows, head="file,text", name="transcripts.csv", separator=",") -> Path:
    lines = [head, *(separator.join(row) for row in rows)]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def decomposed(name: str) -> str:
    return unicodedata.normalize("NFD", name)


SPELLINGS = {
    "as it is": lambda name: name,
    "backslashes": lambda name: name.replace("/", "\\"),
    "a drive": lambda name: "D:\\data\\" + name.replace("/", "\\"),
    "decomposed": decomposed,
    "from here": lambda name: f"./{name}",
    "absolute": lambda name: f"/home/me/data/{name}",
    "without suffix": lambda name: name.removesuffix(".wav"),
    "without folders": lambda name: name.rpartition("/")[2],
    "spaces around": lambda name: f" {name} ",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("on_disk", [str, decomposed])
def test_paths_in_any_spelling(tmp_path, spelling, on_disk):
    sounds(tmp_path, [on_disk(name) for name in TEXTS])
    csv(tmp_path, [(SPELLINGS[spelling](name), text) for name, text in TEXTS.items()])
    found = read_transcribed(tmp_path)
    assert dict(zip(map(unicodedata.normalize, ["NFC"] * 3, found.names), found.texts, strict=True)) == TEXTS
    assert has_transcripts(tmp_path)
    assert found.remarks == ()


def write_tsv(folder):
    csv(folder, [(*row, "30") for row in TEXTS.items()], "path\tsentence\tage", "validated.tsv", "\t")


def write_unknown_names(folder):
    rows = [(str(k), text, name) for k, (name, text) in enumerate(TEXTS.items())]
    csv(folder, rows, "k;said;where", "meta.csv", ";")


def write_without_names(folder):
    csv(
        folder,
        [(name.removesuffix(".wav"), text) for name, text in list(TEXTS.items())[1:]],
        "a b|one two",
        "metadata.csv",
        "|",
    )


def write_json_lines(folder):
    rows = [json.dumps({"audio_filepath": name, "duration": 0.1, "text": text}) for name, text in TEXTS.items()]
    (folder / "manifest.jsonl").write_text("\n".join(rows))


def write_texts_beside(folder):
    for name, text in TEXTS.items():
        (folder / name).with_suffix(".txt").write_text(text + "\n")


@pytest.mark.parametrize(
    "write", [write_tsv, write_unknown_names, write_without_names, write_json_lines, write_texts_beside]
)
def test_layouts(tmp_path, write):
    write(sounds(tmp_path))
    assert has_transcripts(tmp_path)
    found = read_transcribed(tmp_path)
    assert dict(zip(found.names, found.texts, strict=True)) == TEXTS
    assert found.seconds == pytest.approx(0.3, abs=0.01)
    assert [len(one) for one in found.sounds] == [800 + list(TEXTS).index(name) for name in found.names]


def test_librispeech(tmp_path):
    names = ["84/121/84-121-0.wav", "84/121/84-121-1.wav", "90/7/90-7-0.wav"]
    sounds(tmp_path, names)
    (tmp_path / "84/121/84-121.trans.txt").write_text("84-121-0 GO ON\n84-121-1 DO YOU SEE\n")
    (tmp_path / "90/7/90-7.trans.txt").write_text("90-7-0 AH\n\n")
    assert has_transcripts(tmp_path)
    found = read_transcribed(tmp_path)
    assert (found.names, found.texts) == (names, ["GO ON", "DO YOU SEE", "AH"])
    assert found.places[1] == "84/121/84-121.trans.txt, line 2"


def test_a_table_by_its_own_name(tmp_path):
    sounds(tmp_path)
    csv(tmp_path, list(TEXTS.items())[:2], name="train.csv")
    csv(tmp_path, list(TEXTS.items())[2:], name="test.csv")
    assert has_transcripts(tmp_path / "test.csv")
    assert read_transcribed(tmp_path / "test.csv").texts == ["six"]
    with pytest.raises(DataError, match=r"several tables of transcripts, 'test.csv', 'train.csv'"):
        read_transcribed(tmp_path)


def test_what_has_no_other_half_is_counted_and_named(tmp_path):
    sounds(tmp_path, [*TEXTS, "d.wav", "e.wav"])
    csv(tmp_path, [*list(TEXTS.items())[:2], ("grün/c.wav", " "), ("gone.wav", "lost")])
    found = read_transcribed(tmp_path)
    assert found.texts == ["one two", "three four five"]
    assert found.remarks == (
        "2 sounds have no transcript, left out: 'd.wav', 'e.wav'",
        "1 transcript has no sound, left out: 'gone.wav'",
        "1 transcript is empty, left out: 'grün/c.wav'",
    )


def test_what_cannot_be_is_refused_by_name(tmp_path):
    sounds(tmp_path)
    rows = list(TEXTS.items())
    csv(tmp_path, [*rows, ("c.wav", "seven")])
    with pytest.raises(
        DataError, match=r"transcripts.csv, line 5: grün/c.wav has a text already, in transcripts.csv, line 4"
    ):
        read_transcribed(tmp_path)
    (tmp_path / "a b.wav").write_bytes(b"RIFF")
    csv(tmp_path, rows)
    with pytest.raises(DataError, match=r"a b.wav: is no wav file"):
        read_transcribed(tmp_path)
    with pytest.raises(DataError, match="No such file"):
        read_transcribed(tmp_path / "nowhere")


@pytest.mark.parametrize("rows", [[("x.wav", "lost")], []])
def test_a_folder_without_a_pair(tmp_path, rows):
    csv(sounds(tmp_path), rows)
    assert not has_transcripts(tmp_path)
    with pytest.raises(DataError, match="3 sounds and none of their texts"):
        read_transcribed(tmp_path)


@pytest.mark.parametrize(
    "files",
    [
        {"labels.csv": "file,label\na b.wav,x\n"},
        {"other.csv": "file,label\na b.wav,x\ngrün/c.wav,y\n"},
        {"notes.txt": "hello"},
        {"numbers.csv": "1,2\n3,4\n"},
    ],
)
def test_labels_are_no_transcripts(tmp_path, files):
    sounds(tmp_path)
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert not has_transcripts(tmp_path)
        assert not has_transcripts(tmp_path / name)
    assert not has_transcripts(tmp_path / "a b.wav")


def test_two_files_of_one_name_are_told_apart_by_folder(tmp_path):
    sounds(tmp_path, ["x/1.wav", "y/1.wav"])
    csv(tmp_path, [("x/1.wav", "one"), ("y/1.wav", "two")])
    assert read_transcribed(tmp_path).texts == ["one", "two"]
    csv(tmp_path, [("1.wav", "one"), ("y/1.wav", "two")])
    assert read_transcribed(tmp_path).remarks[1] == "1 transcript has no sound, left out: '1.wav'"
