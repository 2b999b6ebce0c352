"""Logs of events, amounts of a series, and frames with a step a row, through the estimators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pytest

from seqloom import load
from seqloom.errors import SeqloomWarning, UsageError
from seqloom.tasks import Classifier, Regressor, Tagger
from seqloom.tasks.guess import guess
from tests.data.writing import written

TRAINING = {"epochs": 30, "learning_rate": 0.05, "device": "cpu"}


def events(words: tuple[str, str] = ("pay", "complain"), label: bool = True) -> pandas.DataFrame:
    """Those who complain churn; the amount says nothing."""
    rows = [
        {"user_id": f"u{user}", "event_time": f"2024-01-{day + 1:02d}T08:00:00Z", "event": event, "amount": 1.5}
        | ({"churned": user % 2} if label else {})
        for user in range(20)
        for day, event in enumerate(["login", words[user % 2], "login"])
    ]
    return pandas.DataFrame(rows)


@pytest.fixture(scope="module")
def model() -> Classifier:
    model = Classifier("gru(8) + pool(max)", training=TRAINING, batch_size=4)
    return model.fit(events(), validation=0.0, progress=False)


WANTED = ["0", "1"] * 10


def test_words_of_events_are_learned_and_their_names_kept(model: Classifier, tmp_path: Path) -> None:
    assert model.facts_["channels"] == ["amount", "event=complain", "event=login", "event=pay"]
    model.save(tmp_path / "model")
    events(label=False).to_csv(tmp_path / "new.csv", index=False)
    assert list(load(tmp_path / "model").predict(tmp_path / "new.csv")) == WANTED


def test_a_word_that_was_not_there_counts_as_none_and_is_said(model: Classifier) -> None:
    with pytest.warns(SeqloomWarning, match="event: 1 word was not there in training, and counts as none: 'return'"):
        said = model.predict(events(("return", "complain"), label=False))
    assert list(said)[1::2] == ["1"] * 10


@pytest.mark.parametrize("frame", [pandas.DataFrame, lambda rows: polars.DataFrame(rows.to_dict("list"))])
def test_frames_with_a_step_a_row(model: Classifier, frame: Any) -> None:
    assert list(model.predict(frame(events()))) == WANTED
    assert model.score(frame(events())) == 1
    with pytest.raises(UsageError, match="Which has the label"):
        Classifier().fit(frame(events(label=False)), progress=False)


def test_numbers_by_name_only(tmp_path: Path) -> None:
    alone = events()[["user_id", "event_time", "event", "churned"]]
    alone.to_csv(tmp_path / "log.csv", index=False)
    found = guess(tmp_path / "log.csv", {})
    assert found is not None
    assert (found.task, "'churned'" in found.reason) == ("classification", True)


def amounts(label: Any, rows: int = 24) -> str:
    steps = [f"c{row},{step},{row + step}.5,{label(row)}" for row in range(rows) for step in range(4)]
    return "cell_id,cycle,volts,life\n" + "\n".join(steps) + "\n"


LABELS = {
    "amounts": (lambda row: 100 + 7 * row, "regression"),
    "amounts with decimals": (lambda row: f"{row}.25", "regression"),
    "two": (lambda row: row % 2, "classification"),
    "words": (lambda row: "ab"[row % 2], "classification"),
    "few whole numbers": (lambda row: 1 + row % 5, "asks"),
}


@pytest.mark.parametrize("kind", LABELS)
def test_the_different_labels_of_series_decide_as_in_tables(tmp_path: Path, kind: str) -> None:
    label, task = LABELS[kind]
    long = amounts(label)
    wide = "life," + ",".join(f"t{k}" for k in range(9)) + "\n"
    wide += "".join(f"{label(row)},{','.join(f'{row + k}.5' for k in range(9))}\n" for row in range(24))
    table = "file,life\n" + "".join(f"{row}.csv,{label(row)}\n" for row in range(24))
    files = {f"folder/{row}.csv": f"x\n{row}.5\n1.5\n" for row in range(24)} | {"folder/labels.csv": table}
    place = written(tmp_path, {"long.csv": long, "wide.csv": wide, **files})
    for name in ("long.csv", "wide.csv", "folder"):
        if task == "asks":
            with pytest.raises(
                UsageError, match=r"whole numbers from 1 to 5.*--task classification, or --task regression"
            ):
                guess(place / name, {})
        else:
            found = guess(place / name, {})
            assert found is not None
            assert found.task == task


def test_numbers_in_archives(tmp_path: Path) -> None:
    for name, y in (("a.npz", np.arange(6) / 4), ("b.npz", np.arange(6) % 2)):
        np.savez(tmp_path / name, X=np.zeros((6, 4, 2)), y=y)
    text = "@univariate true\n@{} true\n@data\n1,2,3:0.5\n3,4,5:1.5\n"
    written(tmp_path, {"a.ts": text.format("targetLabel"), "b.ts": text.format("classLabel")})
    for name, task in (
        ("a.npz", "regression"),
        ("b.npz", "classification"),
        ("a.ts", "regression"),
        ("b.ts", "classification"),
    ):
        found = guess(tmp_path / name, {})
        assert found is not None
        assert found.task == task, name


def test_numbers_with_a_decimal_comma(tmp_path: Path) -> None:
    text = amounts(lambda row: f"{row},25").replace(".5,", ",5;")
    lines = [
        line.replace(",", ";", 2) if place else line.replace(",", ";") for place, line in enumerate(text.splitlines())
    ]
    file = written(tmp_path, {"a.csv": "\n".join(lines) + "\n"}) / "a.csv"
    model = Regressor("gru(4) + pool(last)", training={"epochs": 1}).fit(file, validation=0.0, progress=False)
    assert model.facts_["mean_of_y"] == pytest.approx(11.75)


def test_a_tagger_learns_from_a_frame_with_a_label_a_step() -> None:
    rows = [(f"m{row}", step, float(step % 3), "ab"[step % 3 > 1]) for row in range(6) for step in range(9)]
    frame = pandas.DataFrame(rows, columns=["machine", "time", "load", "state"])
    model = Tagger("gru(8)", training=TRAINING, batch_size=2).fit(frame, validation=0.0, progress=False)
    assert model.score(frame) == 1
    assert model.predict(polars.DataFrame(frame.drop(columns="state").to_dict("list")))[0] == ["a", "a", "b"] * 3
