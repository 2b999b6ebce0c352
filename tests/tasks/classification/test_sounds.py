"""Classes and numbers of sounds: in folders, in names, in a table, as arrays; saved, streamed, refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import seqloom
from seqloom import Classifier, Regressor
from seqloom.apps.cli.main import app
from seqloom.data.sounds import open_sound, save_wav
from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.tasks.guess import guess
from tests.tasks.sequences.sounds import RATE, by_class, tone, tones

QUICK = {"epochs": 6, "learning_rate": 0.03, "device": "cpu", "schedule": "constant"}
X, Y = tones()


def small(spec: str = "gru(8) + pool(last)", **more: Any) -> Classifier:
    return Classifier(spec, **{"dropout": 0.0, "training": QUICK} | more)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return by_class(tmp_path_factory.mktemp("sounds"))


@pytest.fixture(scope="module")
def of_folder(folder: Path) -> Classifier:
    return small().fit(str(folder))


def test_a_folder_for_each_class(of_folder: Classifier, folder: Path) -> None:
    found = guess(folder, {})
    assert found is not None
    assert (found.task, found.reason) == ("classification", "a folder for each of 2 classes, each file a sound")
    assert of_folder.score(str(folder)) > 0.95
    assert list(of_folder.evaluate(str(folder)).baselines)[1].startswith("logistic regression")
    assert next(iter(of_folder.written(str(folder)))) == "sound,prediction,probability\n"
    one = next(iter(of_folder.answered(folder / "low" / "0.wav")))
    assert (one["sound"], one["prediction"]) == ("0.wav", "low")


def test_it_is_saved(of_folder: Classifier, folder: Path, tmp_path: Path) -> None:
    of_folder.save(tmp_path / "model")
    loaded = seqloom.load(tmp_path / "model")
    assert list(loaded.written(folder)) == list(of_folder.written(folder))
    assert loaded.evaluate(str(folder)).baselines == of_folder.evaluate(str(folder)).baselines


def test_labels_in_names_or_in_a_table(tmp_path: Path) -> None:
    for place, (values, label) in enumerate(zip(X, Y, strict=True)):
        save_wav(tmp_path / f"{label}_{place}.wav", values, RATE)
    pattern = r"(?P<label>\w+)_\d+"
    assert guess(tmp_path, {"label_pattern": pattern}).task == "classification"  # type: ignore[union-attr]
    by_name = small(label_pattern=pattern).fit(str(tmp_path))
    assert by_name.classes_.tolist() == ["high", "low"]
    with pytest.raises(UsageError, match="label-pattern"):
        guess(tmp_path, {})
    rows = "".join(f"{label}_{place}.wav,{label}\n" for place, label in enumerate(Y))
    (tmp_path / "labels.csv").write_text(f"file,label\n{rows}")
    assert guess(tmp_path, {}).task == "classification"  # type: ignore[union-attr]
    of_table = small().fit(str(tmp_path))
    assert of_table.classes_.tolist() == ["high", "low"]
    assert of_table.score(str(tmp_path)) > 0.9


def test_arrays_at_a_rate_are_sounds() -> None:
    model = small(rate=RATE).fit(X, Y)
    assert model.facts_["inputs"]["sound"]["rate"] == RATE
    assert model.score(X, Y) > 0.9
    twice = [np.stack([values, values], 1) for values in X]
    np.testing.assert_allclose(model.predict_proba(twice), model.predict_proba(X), atol=1e-5)
    assert "sound" not in small().fit([row[:60] for row in X], Y).facts_["inputs"]


def test_other_rates_and_channels_are_said_and_make_no_difference(of_folder: Classifier, tmp_path: Path) -> None:
    values = tone(300.0, np.random.default_rng(5), 44_100)
    save_wav(tmp_path / "a.wav", np.stack([values, values], 1), 44_100)
    with pytest.warns(SeqloomWarning, match="1 of 44,100 Hz are resampled to 8,000; 1 have several channels"):
        assert of_folder.predict(str(tmp_path / "a.wav")).tolist() == ["low"]


def test_a_number_for_each_sound(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    heights = draw.uniform(300, 2000, 40)
    lines = []
    for place, height in enumerate(heights):
        save_wav(tmp_path / f"{place}.wav", tone(height, draw), RATE)
        lines.append(f"{place}.wav,{height:.1f}\n")
    (tmp_path / "labels.csv").write_text("file,label\n" + "".join(lines))
    model = Regressor("gru(8) + pool(mean)", dropout=0.0, training=QUICK).fit(str(tmp_path))
    assert model.score(str(tmp_path)) > 0.8


def test_a_sound_is_answered_while_it_comes(folder: Path) -> None:
    model = small("gru(8)").fit(str(folder))
    sound = open_sound(folder / "high" / "1.wav")
    stream = model.stream()
    assert stream.push(sound.read(0, 160)) is None
    for begin in range(160, len(sound), 160):
        stream.push(sound.read(begin, begin + 160))
    found = stream.finish()
    assert found is not None
    np.testing.assert_allclose([*found.values()], model.predict_proba([sound])[0], atol=1e-5)


def test_streams_that_cannot_be_say_why() -> None:
    with pytest.raises(UsageError, match="normalisation training"):
        small(rate=RATE, normalisation="recording").fit(X, Y).stream()


def test_what_cannot_be_read_is_named_all_at_once(folder: Path, tmp_path: Path) -> None:
    broken = by_class(tmp_path / "broken", 4)
    (broken / "low" / "a b.wav").write_bytes(b"RIFF")
    save_wav(broken / "high" / "ü.wav", np.zeros(0), RATE)
    (broken / "low" / "notes.txt").write_text("hello")
    with pytest.raises(DataError, match=r"2 problems.*\n.*high/ü.wav: has no samples.*\n.*low/a b.wav: is no wav"):
        small().fit(str(broken))
    bare = tmp_path / "bare"
    bare.mkdir()
    save_wav(bare / "a.wav", X[0], RATE)
    with pytest.raises(DataError, match="has no labels"):
        small().fit(str(bare))


def test_data_train_and_predict_on_the_command_line(folder: Path, tmp_path: Path) -> None:
    report = json.loads(CliRunner().invoke(app, ["data", str(folder), "--json"]).stdout)
    assert (report["task"], report["sounds"], report["classes"]) == ("classification", 24, {"high": 12, "low": 12})
    assert report["rates"] == {"8000": 24}
    shown = CliRunner().invoke(app, ["data", str(folder)])
    assert "24 sounds; seconds of each: median 0.1" in shown.stdout
    run = tmp_path / "run"
    flags = ["--model", "gru(8) + pool(last)", "--out", str(run), "--epochs", "2", "--device", "cpu"]
    done = CliRunner().invoke(app, ["train", str(folder), *flags])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["predict", str(run), str(folder)])
    assert done.stdout.splitlines()[0] == "sound,prediction,probability"
    assert len(done.stdout.splitlines()) == 25
