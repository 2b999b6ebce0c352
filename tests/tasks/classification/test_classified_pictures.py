"""Classes and numbers of pictures: folders, tables of labels, arrays, videos; saved, reported, refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import seqloom
from seqloom import Classifier, Regressor
from seqloom.apps.cli.main import app
from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.tasks.guess import guess
from seqloom.tasks.inputs import PictureInputs
from tests.tasks.sequences.pictures import bars, by_class

QUICK = {"epochs": 5, "learning_rate": 0.02, "device": "cpu", "schedule": "constant"}
X, Y = bars()


def small(spec: str = "grid(8, cell=4) + pool(max)", **more: Any) -> Classifier:
    return Classifier(spec, **{"dropout": 0.0, "batch_size": 8, "training": QUICK} | more)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return by_class(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def of_folder(folder: Path) -> Classifier:
    return small().fit(str(folder))


def test_a_folder_for_each_class(of_folder: Classifier, folder: Path) -> None:
    found = guess(folder, {})
    assert found is not None
    assert (found.task, found.reason) == ("classification", "a folder for each of 2 classes, each file a picture")
    assert of_folder.score(str(folder)) > 0.9
    assert list(of_folder.evaluate(str(folder)).baselines) == ["majority", "logistic regression on pixels"]
    assert next(iter(of_folder.written(str(folder)))) == "picture,prediction,probability\n"
    one = next(iter(of_folder.answered(folder / "lying" / "1.png")))
    assert (one["picture"], one["prediction"]) == ("1.png", "lying")


def test_it_is_saved(of_folder: Classifier, folder: Path, tmp_path: Path) -> None:
    of_folder.save(tmp_path / "model")
    loaded = seqloom.load(tmp_path / "model")
    assert list(loaded.written(folder)) == list(of_folder.written(folder))
    assert loaded.evaluate(str(folder)).baselines == of_folder.evaluate(str(folder)).baselines


def test_arrays_are_the_same_as_files(of_folder: Classifier, folder: Path) -> None:
    order = [int(name.split("/")[1].split(".")[0]) for name in _names(of_folder, folder)]
    np.testing.assert_allclose(of_folder.predict_proba(X[order]), of_folder.predict_proba(folder), atol=1e-6)


def _names(model: Classifier, folder: Path) -> list[str]:
    return [row["picture"] for row in model.answered(folder)]


@pytest.mark.parametrize(
    "spec",
    [
        "rows + gru(16) bidirectional + pool(max)",
        "gru(16) bidirectional + pool(max)",
        "patches(4) + pool(mean)",
        "grid(8)",
    ],
)
def test_as_rows_or_patches(spec: str) -> None:
    model = small(spec).fit(X, Y, validation=0.25)
    assert model.score(X, Y) > 0.6
    assert model.predict(X[:1]).tolist() == model.predict(X[:3]).tolist()[:1]


def test_grey_arrays_without_an_axis_are_pictures_where_a_front_says_so() -> None:
    with_axis, without = small().fit(X, Y), small().fit(X[..., 0], Y)
    np.testing.assert_array_equal(with_axis.predict_proba(X), without.predict_proba(X[..., 0]))
    assert "mean" in small("gru(4) + pool(max)").fit(X[..., 0], Y).facts_["inputs"]


def test_numbers_of_pictures_in_a_table(tmp_path: Path) -> None:
    lines = ["file,label"]
    for place, (picture, label) in enumerate(zip(X, Y, strict=True)):
        Image.fromarray(picture[..., 0]).save(tmp_path / f"{place}.png")
        lines.append(f"{place}.png,{2.5 if label == 'lying' else -1}")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    model = Regressor("grid(8, cell=4) + pool(max)", dropout=0.0, batch_size=8, training=QUICK).fit(tmp_path)
    assert model.score(tmp_path) > 0.5
    assert list(model.evaluate(tmp_path).baselines)[1] == "ridge regression on pixels"


def test_videos_of_any_number_of_frames() -> None:
    draw = np.random.default_rng(0)
    videos = [np.stack([X[k]] * draw.integers(1, 4)) for k in range(len(X))]
    model = small().fit(videos, Y)
    assert model.score(videos, Y) > 0.8
    np.testing.assert_allclose(model.predict_proba(videos)[:3], model.predict_proba(videos[:3]), atol=1e-5)


def test_other_sizes_are_fitted_and_said(of_folder: Classifier, tmp_path: Path) -> None:
    by_class(tmp_path)
    Image.fromarray(np.repeat(np.repeat(X[1, ..., 0], 3, 0), 3, 1)).save(tmp_path / "lying" / "large.png")
    with pytest.warns(SeqloomWarning, match="1 of 33 pictures are fitted into 8 x 10 pixels"):
        found = {row["picture"]: row["prediction"] for row in of_folder.answered(tmp_path)}
    assert found["lying/large.png"] == "lying"
    colours = np.repeat(X, 3, 3)
    np.testing.assert_allclose(of_folder.predict_proba(colours), of_folder.predict_proba(X), atol=0.02)


def test_the_side_is_chosen(folder: Path) -> None:
    with pytest.warns(SeqloomWarning, match="32 of 32 pictures are fitted into 8 x 8 pixels"):
        model = small("patches(4) + pool(mean)", side=8).fit(folder)
    inputs = model.facts_["inputs"]["picture"]
    assert (inputs["height"], inputs["width"], inputs["channels"]) == (8, 8, 1)
    assert PictureInputs.from_json(json.loads(json.dumps(inputs))).size == (8, 8, 1)


def test_each_channel_is_scaled() -> None:
    colours = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 3)).astype(np.float32) * [1, 0, 2] + [0, 5, 1]
    inputs = PictureInputs.learned(colours)
    values = np.stack([one.numpy() for one in inputs.encode(colours)])
    np.testing.assert_allclose(values.mean((0, 1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(values.std((0, 1, 2, 3)), [1, 0, 1], atol=1e-5)


def test_damaged_files_are_named_before_anything_is_learned(tmp_path: Path) -> None:
    by_class(tmp_path)
    whole = (tmp_path / "lying" / "1.png").read_bytes()
    (tmp_path / "lying" / "1.png").write_bytes(whole[: len(whole) - 45])
    (tmp_path / "standing" / "0.png").write_bytes(whole[:70])
    with pytest.raises(DataError, match=r"2 problems(.|\n)*lying/1\.png(.|\n)*standing/0\.png"):
        small().fit(str(tmp_path))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([X[0], X[1][..., :0]], "row 1: expected a picture"),
        ([X[0].astype(float), X[1][:5].astype(float)], "row 0: expected pictures"),
        (np.zeros((4, 8, 8, 2)), "C = 1 or 3"),
    ],
)
def test_other_arrays_are_refused(values: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        small("patches(4) + pool(mean)").fit(values, ["a", "b", "a", "b"][: len(values)], validation=0.0)


def test_a_front_of_pictures_reads_no_texts() -> None:
    with pytest.raises(UsageError, match=r"spec: grid\(8\) reads pictures, and these inputs are none"):
        small("grid(8) + gru(4)").fit(["one", "two"] * 4, ["a", "b"] * 4, validation=0.0)


def test_pictures_do_not_stream(of_folder: Classifier) -> None:
    with pytest.raises(UsageError, match="cannot stream"):
        small("rows + gru(4) + pool(last)").fit(X, Y).stream()


def test_the_command_line(folder: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    report = json.loads(run(app, ["data", str(folder), "--json"]).stdout)
    assert (report["pictures"], report["sizes"], report["task"]) == (32, {"10 x 8": 32}, "classification")
    assert "32 pictures; pixels of the longer side of each: median 10" in run(app, ["data", str(folder)]).stdout
    out = str(tmp_path / "run")
    trained = run(app, ["train", str(folder), "--model", "patches(4) + pool(mean)", "-o", out, "--epochs", "2", "-q"])
    assert trained.exit_code == 0, trained.output
    said = run(app, ["predict", out, str(folder / "lying")])
    assert said.stdout.splitlines()[0] == "picture,prediction,probability"
    assert len(said.stdout.splitlines()) == 17
    alone = run(app, ["predict", out, str(folder / "lying" / "1.png"), "--json"])
    assert json.loads(alone.stdout)["picture"] == "1.png"
    scored = run(app, ["evaluate", out, str(folder), "--json"])
    assert scored.exit_code == 0, scored.output


def test_pictures_of_which_nothing_is_said(tmp_path: Path) -> None:
    for place in range(3):
        Image.fromarray(X[place, ..., 0]).save(tmp_path / f"{place}.png")
    with pytest.raises(UsageError, match=r"holds pictures(.|\n)*labels\.csv(.|\n)*Captions"):
        guess(tmp_path, {})


@pytest.mark.slow
def test_digits_of_a_real_set_beside_logistic_regression() -> None:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = digits.images.astype(np.float32)[..., None]
    parts = train_test_split(images, digits.target, test_size=0.25, random_state=0, stratify=digits.target)
    model = Classifier(training={"device": "cpu"}).fit(parts[0], parts[2])
    found = model.evaluate(parts[1], parts[3])
    assert found.model["accuracy"] > 0.98
    assert found.model["accuracy"] > found.baselines["logistic regression on pixels"]["accuracy"]
