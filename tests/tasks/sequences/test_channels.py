"""What a model has learned of a channel is said of that channel, wherever it stands in another file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from seqloom.errors import DataError, SeqloomWarning
from seqloom.storage.directory import write_directory
from seqloom.storage.reading import read_directory
from seqloom.tasks.classification.classifier import Classifier
from seqloom.tasks.registry import load
from seqloom.tasks.tagging.tagger import Tagger
from tests.data.writing import written

TRAINING = {"epochs": 12, "device": "cpu", "learning_rate": 0.02}
STEPS = 6


def steps(row: int) -> np.ndarray:
    """(T, 2): the first channel alone tells of which class an even or odd row is."""
    draw = np.random.default_rng(row)
    return np.stack([draw.normal(3 if row % 2 else -3, 0.5, STEPS), draw.normal(40, 2, STEPS)], 1).round(3)


def table(names: str, order: tuple[int, int] = (0, 1), rows: int = 24) -> str:
    lines = [f"id,time,{names},label"]
    for row in range(rows):
        for step, values in enumerate(steps(row)):
            lines.append(f"r{row},{step},{values[order[0]]},{values[order[1]]},{'on' if row % 2 else 'off'}")
    return "\n".join(lines) + "\n"


def folder(head: str, order: tuple[int, int] = (0, 1)) -> dict[str, str]:
    lines = {row: "".join(f"{v[order[0]]},{v[order[1]]}\n" for v in steps(row)) for row in range(24)}
    return {f"{'on' if row % 2 else 'off'}/{row}.csv": head + text for row, text in lines.items()}


def archive(*, channels: list[str] | None = None, width: int = 2) -> bytes:
    file = io.BytesIO()
    rows = np.stack([np.pad(steps(row), ((0, 0), (0, 1)))[:, :width] for row in range(24)])
    np.savez(file, X=rows, **({} if channels is None else {"channels": np.array(channels)}))
    return file.getvalue()


FILES = {
    "swapped.csv": table("vib,temp", (1, 0)),
    "others.csv": table("foo,bar"),
    "three.csv": "".join(f"{line},{'3' if place else 'hum'}\n" for place, line in enumerate(table("temp,vib").split())),
    "plain.npz": archive(),
    "named.npz": archive(channels=["temp", "vib"]),
    "wide.npz": archive(width=3),
    "plain.ts": "@dimensions 2\n@data\n"
    + "".join(":".join(",".join(map(str, column)) for column in steps(row).T) + "\n" for row in range(24)),
    **{f"folder/{name}": text for name, text in folder("temp,vib\n").items()},
    **{f"swapped/{name}": text for name, text in folder("vib,temp\n", (1, 0)).items()},
    **{
        f"three/{name}": "".join(f"{9 if place else 'hum'},{line}\n" for place, line in enumerate(text.split()))
        for name, text in folder("temp,vib\n").items()
    },
    **{f"others/{name}": text for name, text in folder("foo,bar\n").items()},
    **{f"plain/{name}": text for name, text in folder("").items()},
}
WANTED = ["on" if row % 2 else "off" for row in range(24)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("channels"), FILES | {"train.csv": table("temp,vib")})


@pytest.fixture(scope="module")
def model(files: Path) -> Classifier:
    model = Classifier("gru(8) + pool(last)", training=TRAINING, batch_size=4)
    return model.fit(files / "train.csv", validation=0.0, progress=False)


@pytest.mark.parametrize("name", ["train.csv", "swapped.csv", "plain.npz", "named.npz", "plain.ts"])
def test_channels_are_found_by_name_or_by_place_without(model: Classifier, files: Path, name: str) -> None:
    assert list(model.predict(files / name)) == WANTED


@pytest.mark.parametrize("name", ["folder", "swapped", "plain"])
def test_channels_of_folders_too(model: Classifier, files: Path, name: str) -> None:
    lines = [line.split(",") for line in list(model.written(files / name))[1:]]
    assert [line[0].split("/")[0] for line in lines] == [line[1] for line in lines]
    assert model.evaluate(files / name).model["accuracy"] == 1


@pytest.mark.parametrize("name", ["others.csv", "others"])
def test_other_names_are_refused(model: Classifier, files: Path, name: str) -> None:
    with pytest.raises(DataError, match=rf"{name}: expected the channels 'temp', 'vib', .* got 'foo', 'bar'"):
        model.predict(files / name)


def test_another_number_is_refused_by_the_name_of_the_file(model: Classifier, files: Path) -> None:
    with pytest.raises(DataError, match=r"wide.npz: expected 2 channels, as in training \('temp', 'vib'\), got 3"):
        model.predict(files / "wide.npz")


@pytest.mark.parametrize("name", ["three.csv", "three"])
def test_a_channel_that_nothing_was_learned_from_is_left_out(model: Classifier, files: Path, name: str) -> None:
    with pytest.warns(SeqloomWarning, match="left out, for nothing was learned from it: 'hum'"):
        found = model.predict(files / name)
    assert list(found) == (WANTED if name == "three.csv" else sorted(WANTED))


def test_what_is_held_out_has_its_channels_in_order(files: Path) -> None:
    model = Classifier("gru(8) + pool(last)", training=TRAINING, batch_size=4)
    model.fit(files / "train.csv", validation=files / "swapped.csv", progress=False)
    assert model.validation_.model["accuracy"] == 1
    with pytest.raises(DataError, match="'foo', 'bar'"):
        model.fit(files / "train.csv", validation=files / "others.csv", progress=False)


def test_models_without_names_take_channels_by_place(model: Classifier, files: Path, tmp_path: Path) -> None:
    model.save(tmp_path / "new")
    saved = read_directory(tmp_path / "new")
    config = json.loads(saved["config.json"])
    assert config["learned"]["facts"].pop("channels") == ["temp", "vib"]
    write_directory(tmp_path / "old", saved | {"config.json": json.dumps(config).encode()})
    old = load(tmp_path / "old")
    assert list(old.predict(files / "others.csv")) == WANTED
    with pytest.raises(DataError, match=r"wide\.npz: expected 2 channels, as in training, got 3"):
        old.predict(files / "wide.npz")


def test_steps_are_tagged_by_the_names_of_channels(tmp_path: Path) -> None:
    def states(names: str, order: tuple[int, int] = (0, 1)) -> str:
        lines = [f"id,time,{names},state"]
        for row in range(24):
            for step in range(STEPS):
                values = steps(row + step)[step]
                state = "on" if (row + step) % 2 else "off"
                lines.append(f"r{row},{step},{values[order[0]]},{values[order[1]]},{state}")
        return "\n".join(lines) + "\n"

    files = {"a.csv": states("temp,vib"), "b.csv": states("vib,temp", (1, 0)), "c.csv": states("foo,bar")}
    place = written(tmp_path, files)
    model = Tagger("gru(8)", batch_size=4, training=TRAINING).fit(place / "a.csv", validation=0.0, progress=False)
    assert model.score(place / "b.csv") == model.score(place / "a.csv") == 1
    assert list(model.written(place / "b.csv")) == list(model.written(place / "a.csv"))
    with pytest.raises(DataError, match=r"c\.csv: expected the channels 'temp', 'vib'"):
        model.predict(place / "c.csv")


def test_files_of_a_folder_may_have_their_columns_in_any_order(model: Classifier, tmp_path: Path) -> None:
    mixed = folder("temp,vib\n") | {"on/1.csv": folder("vib,temp\n", (1, 0))["on/1.csv"]}
    assert model.score(written(tmp_path, mixed)) == 1


def no_labels(text: str) -> str:
    return "".join(f"{line.rpartition(',')[0]}\n" for line in text.splitlines())


SINGLE = "temp,vib\n" + "".join(f"{a},{b}\n" for a, b in steps(1))
ALONE = {
    "steps without labels": (no_labels(table("temp,vib")), [f"r{row}" for row in range(24)], WANTED),
    "swapped": (no_labels(table("vib,temp", (1, 0))), [f"r{row}" for row in range(24)], WANTED),
    "a recording": (SINGLE, ["new.csv"], ["on"]),
    "a recording by its time": ("time," + SINGLE.replace("\n", "\n1,", STEPS), ["new.csv"], ["on"]),
    "without names": (SINGLE.partition("\n")[2], ["new.csv"], ["on"]),
    "parted by spaces": (SINGLE.replace(",", " "), ["new.csv"], ["on"]),
    "the numbers of its steps": (
        "sample,temp,vib\n" + "".join(f"{k},{a},{b}\n" for k, (a, b) in enumerate(steps(1))),
        ["new.csv"],
        ["on"],
    ),
    "labels under the name of training": (table("temp,vib"), [f"r{row}" for row in range(24)], WANTED),
}


@pytest.mark.parametrize("kind", ALONE)
def test_what_is_to_be_predicted_needs_no_label(model: Classifier, tmp_path: Path, kind: str) -> None:
    text, names, wanted = ALONE[kind]
    rows = [line.split(",")[:2] for line in list(model.written(written(tmp_path, {"new.csv": text}) / "new.csv"))[1:]]
    assert rows == [list(row) for row in zip(names, wanted, strict=True)]


def test_columns_that_were_named_in_training_may_be_missing(tmp_path: Path) -> None:
    head = "who,when,temp,vib,kind\n"
    learned = head + table("temp,vib").partition("\n")[2]
    place = written(tmp_path, {"a.csv": learned, "b.csv": no_labels(learned), "c.csv": SINGLE})
    model = Classifier("gru(8) + pool(last)", training=TRAINING, batch_size=4, target="kind", time="when", group="who")
    model.fit(place / "a.csv", validation=0.0, progress=False)
    assert list(model.predict(place / "b.csv")) == WANTED
    assert list(model.predict(place / "c.csv")) == ["on"]
    with pytest.raises(DataError, match=r"b\.csv has no labels"):
        model.score(place / "b.csv")


def test_a_model_of_a_folder_predicts_a_file(files: Path) -> None:
    model = Classifier("gru(8) + pool(last)", training=TRAINING, batch_size=4)
    model.fit(files / "folder", validation=0.0, progress=False)
    assert list(model.predict(files / "folder" / "on" / "1.csv")) == ["on"]
    assert list(model.predict(files / "swapped.csv")) == WANTED
