"""Bad files of every door: exit 3, the file and the line, column or sample named, nothing written."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tests.apps.running import Command
from tests.apps.test_bad_input import refused
from tests.data.writing import written

TAGGED = "a\tO\nb\tX\n\nc\tO\nd\tX\n\n"
UNIVERSAL = "1\tA\t_\tDET\t_\t_\t_\t_\t_\t_\n2\tb\t_\tNOUN\t_\t_\t_\t_\t_\t_\n\n"
ONE = "time,x,y\n0,1,2\n1,3,4\n2,3,5\n"
LONG = "id,time,x,label\n" + "".join(f"{row // 3},{row},{row % 5},{'ab'[row // 3 % 2]}\n" for row in range(12))
TS = "@univariate false\n@classLabel true a b\n@data\n1,2:3,4:a\n5:6:b\n"


def archive(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


class Bad(NamedTuple):
    """Files, the one that is trained on ("" for the folder), and what must be said."""

    files: Mapping[str, str | bytes]
    name: str
    said: tuple[str, ...]


BAD = {
    "CoNLL: columns are missing": Bad(
        {"w.conll": TAGGED + "e\n\nf\tO\tO\n"},
        "w.conll",
        ("2 problems", "line 7: expected 2 columns", "line 9: expected 2"),
    ),
    "CoNLL: it ends in a line": Bad({"w.conll": TAGGED + "end"}, "w.conll", ("line 7", "may be cut off")),
    "CoNLL: an illegal character": Bad(
        {"w.conll": TAGGED + "e\x01\tO\n"}, "w.conll", ("line 7: illegal character U+0001",)
    ),
    "CoNLL: another encoding": Bad({"w.conll": TAGGED.encode() + b"\x81\tO\n"}, "w.conll", ("w.conll", "0x81")),
    "CoNLL-U: a token is missing": Bad(
        {"w.conllu": UNIVERSAL + UNIVERSAL.replace("2\tb", "3\tb")}, "w.conllu", ("line 5: expected token 2, got 3",)
    ),
    "CoNLL-U: packed, and cut off": Bad(
        {"w.conllu.gz": gzip.compress(UNIVERSAL.encode() * 9, mtime=0)[:-12]},
        "w.conllu.gz",
        ("w.conllu.gz", "cut off or damaged"),
    ),
    "folder: other channels": Bad(
        {"a/1.csv": ONE, "b/2.csv": ONE.replace("y", "z"), "b/3.csv": "x\n1\n2\n"},
        "",
        (
            "2 problems",
            "b/2.csv: expected the channels of a/1.csv: 'y', got 'z'",
            "b/3.csv: expected the channels of a/1.csv",
        ),
    ),
    "folder: a text among numbers": Bad(
        {"a/1.csv": ONE, "b/2.csv": ONE + "3,one,4\n"}, "", ("b/2.csv, column 'x'", "line 5 has 'one'")
    ),
    "folder: parts": Bad(
        {"train/a/1.csv": ONE, "test/a/1.csv": ONE}, "", ("is divided into test, train", "Name one of them")
    ),
    "folder: a table of labels": Bad(
        {"labels.csv": "file,label\n1,a\nzwei,b\n1.csv,a\n", "1.csv": ONE, "2.csv": ONE},
        "",
        (
            "2 problems in",
            "labels.csv",
            "line 3: there is no file 'zwei'",
            "line 4: 1.csv has a label already, in line 2",
        ),
    ),
    "folder: no labels": Bad(
        {"1.csv": ONE, "2.csv": ONE}, "", ("has no labels: expected a folder for each class, labels.csv",)
    ),
    "folder: texts in another encoding": Bad(
        {"a/1.txt": "fine words\n", "b/2.txt": b"caf\x81 au lait\n"}, "", ("b/2.txt", "0x81")
    ),
    "steps: a quote left open": Bad({"s.csv": LONG + '5,1,"2,a\n5,2,3,a\n'}, "s.csv", ("line 14", "not closed")),
    "steps: a row of nobody": Bad({"s.csv": LONG + ",1,2,a\n"}, "s.csv", ("line 14, column id: expected an id",)),
    "steps: an id without a label": Bad(
        {"s.csv": LONG + "9,1,2,\n"}, "s.csv", ("s.csv, 9: expected a label, as 0 has",)
    ),
    "steps: it ends in a line": Bad(
        {"s.csv": LONG + "9,1"}, "s.csv", ("line 14: the file ends in the middle of the line",)
    ),
    ".ts: dimensions": Bad(
        {"v.ts": TS + "1:2:3:a\n1,2:3:b\n1:x:c\n"},
        "v.ts",
        (
            "3 problems",
            "line 6: expected 2 dimensions, got 3",
            "line 7: dimension 2 has 1 steps",
            "line 8: the class 'c'",
        ),
    ),
    ".ts: it ends in a line": Bad({"v.ts": TS + "1,2:3,"}, "v.ts", ("line 6", "may be cut off")),
    ".npz: objects": Bad(
        {"v.npz": archive(X=np.array([[1], [2, 3]], object), y=np.array(["a", "b"]))}, "v.npz", ("array X", "a pickle")
    ),
    ".npz: labels": Bad(
        {"v.npz": archive(X=np.ones((3, 4)), y=np.array(["a", "b"]))}, "v.npz", ("expected labels (3,)",)
    ),
    ".npz: no archive": Bad({"v.npz": b"PK\3\4 nothing"}, "v.npz", ("v.npz is no .npz file, or a damaged one",)),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_files_are_refused_before_anything_is_written(command: Command, tmp_path: Path, kind: str) -> None:
    files, name, said = BAD[kind]
    data = written(tmp_path / "data", files)
    task = "tagging" if "conll" in name else "classification"
    refused(command("train", data / name, "--task", task, "--out", tmp_path / "run", "--quiet"), 3, str(data), *said)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
