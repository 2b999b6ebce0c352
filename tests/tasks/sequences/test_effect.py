"""Every setting of columns has an effect on every kind of file, or is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas
import pytest

from seqloom.errors import UsageError
from seqloom.tasks.sequences.effect import refuse_unused_of
from seqloom.tasks.tagging.tagger import Tagger
from tests.data.writing import written

SETTINGS = {
    "target": "label",
    "input": "x",
    "group": "id",
    "time": "time",
    "split_column": "part",
    "encoding": "utf-8",
    "decimal": ".",
    "label_pattern": r"(?P<label>\w)",
    "strict": True,
}
LONG = "id,time,x,label\n" + "".join(f"{row // 5},{row},1.5,{'ab'[row // 5 % 2]}\n" for row in range(20))
WIDE = ",".join(f"t{k}" for k in range(9)) + ",label\n" + f"{'1.5,' * 9}a\n{'2.5,' * 9}b\n" * 4
KINDS = {
    "texts.csv": ("text,label\nso it is,a\nfine it is,b\n" * 4, {"label_pattern"}, "a table of texts"),
    "long.csv": (LONG, {"split_column", "label_pattern"}, "a table with a step a row"),
    "wide.csv": (WIDE, {"split_column", "label_pattern", "time", "input"}, "a table with a series a row"),
    "a.ts": ("@data\n1,2:a\n", {*SETTINGS} - {"encoding", "strict"}, "series in .ts"),
    "a.npz": (b"", {*SETTINGS} - {"strict"}, "series in .npz"),
    "texts": ({"a/1": "so it is", "b/1": "fine"}, {*SETTINGS} - {"encoding", "label_pattern"}, "a folder of texts"),
    "steps": (
        {"a/1.csv": "x\n1\n2\n", "b/1.csv": "x\n1\n2\n"},
        {"target", "group", "split_column"},
        "a folder of recordings",
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_what_has_no_effect_is_refused(tmp_path: Path, name: str) -> None:
    content, without, what = KINDS[name]
    files = {f"{name}/{file}": text for file, text in content.items()} if isinstance(content, dict) else {name: content}
    file = written(tmp_path, files) / name
    told = {"target": "label", "group": "id"} if name == "long.csv" else {}
    for setting, value in SETTINGS.items():
        if setting in without:
            with pytest.raises(UsageError, match=rf"{setting}: no effect for {what}\. Leave it out\."):
                refuse_unused_of(file, {**told, setting: value})
        else:
            refuse_unused_of(file, {**told, setting: value})


def test_frames_and_binary_tables_have_no_encoding(tmp_path: Path) -> None:
    frame = pandas.DataFrame({"text": ["so", "it"], "label": ["a", "b"]})
    frame.to_parquet(tmp_path / "a.parquet")
    for source, what in ((frame, "in a frame"), (tmp_path / "a.parquet", "in .parquet")):
        refuse_unused_of(source, {"target": "label"})
        with pytest.raises(UsageError, match=rf"encoding: no effect for a table of texts {what}"):
            refuse_unused_of(source, {"encoding": "utf-8"})


@pytest.mark.parametrize("setting", ["group", "time", "input", "decimal"])
def test_taggers_of_words_refuse_what_is_of_series(tmp_path: Path, setting: str) -> None:
    file = written(tmp_path, {"a.conll": "so O\nit O\n\n" * 4}) / "a.conll"
    with pytest.raises(UsageError, match=rf"{setting}: no effect for tagged words"):
        Tagger("gru(4)", **{setting: SETTINGS[setting]}).fit(file, progress=False)


def test_settings_of_training_are_not_refused_later(tmp_path: Path) -> None:
    from seqloom.tasks.sequences.reading import read_sequences

    place = written(tmp_path, {"long.csv": LONG, "steps/a/1.csv": "x\n1\n2\n", "steps/b/1.csv": "x\n1\n2\n"})
    facts = {"channels": ["x"], "inputs": {"mean": [0.0]}}
    found = read_sequences(place / "steps", None, {"group": "id"}, facts, ())
    assert np.shape(found.X[0]) == (2, 1)
