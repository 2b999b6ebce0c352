"""Captions of pictures, videos and features: learned, written, looked at, kept, judged."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import seqloom
from seqloom import Captioner
from seqloom.apps.cli.main import app
from seqloom.data.pictures.decoding import read_header
from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.tasks.captioning.nearest import NearestPicture
from seqloom.tasks.captioning.picks import pick_settings
from seqloom.tasks.guess import guess

QUICK = {"epochs": 12, "learning_rate": 0.01, "device": "cpu", "schedule": "constant"}
WORDS = ["a white square at the left", "a white square at the right", "all of it is black"]


def drawn(count: int = 30) -> tuple[np.ndarray, list[Any]]:
    """8 by 8 pixels; of every third caption there is a second one."""
    X = np.random.default_rng(0).integers(0, 30, (count, 8, 8, 1), dtype=np.uint8)
    for k in range(count):
        if k % 3 < 2:
            X[k, 2:6, 4 * (k % 3) : 4 * (k % 3) + 4] = 240
    return X, [[WORDS[2], "all is black"] if k % 3 == 2 else WORDS[k % 3] for k in range(count)]


X, Y = drawn()


def small(spec: str = "grid(8, cell=4) -> luong(16)", **more: Any) -> Captioner:
    return Captioner(spec, **{"embedding": 8, "dropout": 0.0, "batch_size": 4, "width": 2, "training": QUICK} | more)


def saved(place: Path, split: bool = True) -> Path:
    (place / "images").mkdir(parents=True)
    with (place / "captions.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "caption", *(["split"] * split)])
        for k, (picture, said) in enumerate(zip(X, Y, strict=True)):
            Image.fromarray(picture[..., 0]).save(place / "images" / f"{k}.png")
            for one in said if isinstance(said, list) else [said]:
                table.writerow([f"{k}.png", one, *(["test" if k >= 24 else "train"] * split)])
    return place


@pytest.fixture(scope="module")
def fitted() -> Captioner:
    return small().fit(X, Y)


def test_it_says_what_is_to_be_seen(fitted: Captioner) -> None:
    assert fitted.predict(X[:2]) == WORDS[:2]
    assert fitted.predict(X[2:3])[0] in Y[2]
    found = fitted.evaluate(X, Y)
    assert found.model["exact"] == 1.0
    assert found.baselines["the most frequent caption"]["exact"] < 0.5
    assert found.baselines["the nearest picture's caption"]["exact"] > 0.9
    assert found.notes[0].startswith("Captions, and what is right:")
    assert "cider d" in found.notes[1]
    assert fitted.score(X, Y) == pytest.approx(found.model["cider_d"])


def test_each_word_looks_somewhere(fitted: Captioner, tmp_path: Path) -> None:
    found = fitted.attention(X[:2])
    assert found[0].tokens == [*WORDS[0].split(), "<eos>"]
    assert found[0].weights.shape == (7, 1, 2, 2)
    np.testing.assert_allclose(found[0].weights.sum((1, 2, 3)), 1, atol=1e-5)
    (file, _) = fitted.draw(tmp_path / "maps", X[:2])
    assert read_header(file).width > 300
    assert len(fitted.draw(tmp_path / "few", X, Y, most=3)) == 3


def test_it_is_saved(fitted: Captioner, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model")
    loaded = seqloom.load(tmp_path / "model")
    assert loaded.predict(X) == fitted.predict(X)
    assert loaded.evaluate(X, Y).to_mapping() == fitted.evaluate(X, Y).to_mapping()


@pytest.mark.slow
@pytest.mark.parametrize(
    "spec",
    [
        "patches(4, features=16) -> bahdanau(16)",
        "rows + gru(16) bidirectional -> luong(16, feed=false)",
        "grid(16, cell=4) + transformer(16, causal=false, heads=2) -> transformer(16, heads=2)",
    ],
)
def test_other_encoders_and_decoders(spec: str) -> None:
    model = small(spec, training={**QUICK, "epochs": 2}).fit(X, Y)
    assert len(model.predict(X[:3])) == 3
    assert model.attention(X[:1])[0].weights.ndim == 4


def test_a_decoder_that_reads_one_vector_has_no_maps() -> None:
    model = small("grid(8, cell=4) -> bottleneck(16)", training={**QUICK, "epochs": 1}).fit(X, Y)
    with pytest.raises(UsageError, match="luong, bahdanau, transformer"):
        model.attention(X[:1])


def test_a_folder_and_its_part_for_testing(tmp_path: Path) -> None:
    folder = saved(tmp_path / "data")
    found = guess(folder, {})
    assert found is not None
    assert (found.task, found.reason) == ("captioning", "pictures or videos with captions beside them")
    model = small().fit(folder)
    assert "6 more are for testing" in model.validation_.remark
    tested = model.for_testing(folder)
    assert tested is not None
    assert len(tested[0]) == 6
    assert model.evaluate(*tested).model["exact"] > 0.6
    assert next(iter(model.written(folder / "images"))) == "file,caption\n"
    assert next(iter(model.answered(folder / "images" / "3.png"))) == {"file": "3.png", "caption": WORDS[0]}


def test_the_best_captions_are_ranked(fitted: Captioner, tmp_path: Path) -> None:
    folder = saved(tmp_path / "data")
    for place, several in enumerate(fitted.candidates(X[:3], 3)):
        assert several[0].text == fitted.predict(X[place : place + 1])[0]
        assert len({one.text for one in several}) == len(several) == 3
        assert several[0].score > several[1].score > several[2].score
    by_file = small(training={**QUICK, "epochs": 1}).fit(folder)
    head, row, *_ = csv.reader(by_file.written(folder / "images", top=2))
    assert head == ["file", "caption", "score", "caption_2", "score_2"]
    first = next(iter(by_file.answered(folder / "images", top=2)))
    assert [str(first[name]) for name in head] == row


def test_pictures_without_captions_are_not_scored(fitted: Captioner, tmp_path: Path) -> None:
    folder = saved(tmp_path / "data")
    model = small(training={**QUICK, "epochs": 1}).fit(folder)
    with pytest.raises(DataError, match=r"images has no captions: expected a table \(file, caption\)"):
        model.evaluate(folder / "images")


def test_what_nobody_got_right_is_said(fitted: Captioner) -> None:
    assert (
        fitted.evaluate(X[:4], ["zz yy", "xx ww", "vv uu", "tt ss"])
        .notes[-1]
        .startswith("Neither the model nor a baseline got one right: cider d")
    )


@pytest.mark.slow
def test_videos(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    videos, said = [], []
    for k in range(24):
        frames = np.zeros((int(draw.integers(2, 5)), 8, 8, 1), np.uint8)
        for place, frame in enumerate(frames):
            at = 2 * place if k % 2 else 6 - 2 * place
            frame[3:5, at : at + 2] = 255
        videos.append(frames)
        said.append("it moves right" if k % 2 else "it moves left")
        Image.fromarray(frames[0, ..., 0]).save(
            tmp_path / f"{k}.gif", save_all=True, append_images=[Image.fromarray(one[..., 0]) for one in frames[1:]]
        )
    (tmp_path / "captions.csv").write_text("file,caption\n" + "".join(f"{k}.gif,{one}\n" for k, one in enumerate(said)))
    spec = "grid(16, cell=4, frames=3) + gru(16) -> luong(16)"
    by_file = small(spec).fit(tmp_path)
    assert by_file.evaluate(tmp_path).model["exact"] > 0.9
    found = by_file.attention(videos[:1])[0]
    assert found.weights.shape == (4, len(videos[0]), 2, 2)
    figures = by_file.evaluate(tmp_path)
    assert figures.counted == "videos"
    assert "the nearest video's caption" in figures.baselines
    assert by_file.draw(tmp_path / "maps", videos[:1]).popitem()[0].exists()
    assert by_file.evaluate(videos, said).model["exact"] > 0.9
    with pytest.raises(DataError, match="expected videos, as in training; got pictures"):
        by_file.predict(saved(tmp_path / "pictures"))


@pytest.mark.slow
def test_features_computed_elsewhere(tmp_path: Path) -> None:
    features = [one.reshape(4, 16).astype(np.float32) / 255 for one in X]
    for k, one in enumerate(features):
        np.save(tmp_path / f"{k}.npy", one)
    table = "".join(f"{k}.npy,{one if isinstance(one, str) else one[0]}\n" for k, one in enumerate(Y))
    (tmp_path / "captions.csv").write_text("file,caption\n" + table)
    model = small("project(16) -> bahdanau(16, summary=mean)").fit(tmp_path)
    assert model.evaluate(tmp_path).model["exact"] > 0.9
    assert model.predict(features) == model.predict(tmp_path)
    assert model.attention(features[:1])[0].weights.shape[1] == 4
    with pytest.raises(UsageError, match="maps over pictures and videos only"):
        model.draw(tmp_path, features[:1])
    with pytest.raises(UsageError, match="spec: grid"):
        small().fit(tmp_path)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ([*Y[:29], 3], "row 29: expected a caption, or a list of them, got 3"),
        ([*Y[:29], []], r"row 29: expected a caption, or a list of them, got \[\]"),
        ([*Y[:29], " "], "row 29: expected a caption"),
        ([*Y[:29], None], "the target of row 29 is missing"),
    ],
)
def test_what_is_no_caption_is_refused(y: list[Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        small().fit(X, y)


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    folder = saved(tmp_path / "data")
    (folder / "images" / "7.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match=r"images/7\.png: is no picture"):
        small().fit(folder)


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    folder = saved(tmp_path / "data", split=False)
    (folder / "images" / "more.png").write_bytes((folder / "images" / "1.png").read_bytes())
    with pytest.warns(SeqloomWarning, match=r"1 file has no caption, left out: 'images/more\.png'"):
        small(training={**QUICK, "epochs": 1}).fit(folder)


def test_the_nearest_picture_comes_back_as_it_was() -> None:
    nearest = NearestPicture.learned(X, [[str(k)] for k in range(30)])
    again = NearestPicture.from_json(json.loads(json.dumps(nearest.to_json())))
    assert nearest(X) == again(X)
    assert np.mean([said == str(k) for k, said in enumerate(again(X))]) > 0.9


def test_the_command_line(tmp_path: Path) -> None:
    folder, out, run = saved(tmp_path / "data"), str(tmp_path / "run"), CliRunner().invoke
    flags = ["--model", "grid(8, cell=4) -> luong(16)", "-o", out, "--epochs", "2", "--json", "-q"]
    trained = run(app, ["train", str(folder), *flags])
    assert trained.exit_code == 0, trained.output
    report = json.loads(trained.stdout)
    assert report["test"]["count"] == 6
    said = run(app, ["predict", out, str(folder / "images")])
    assert said.stdout.splitlines()[0] == "file,caption"
    assert len(said.stdout.splitlines()) == 31
    ranked = run(app, ["predict", out, str(folder / "images" / "3.png"), "--top", "3"])
    assert ranked.stdout.splitlines()[0] == "file,caption,score,caption_2,score_2,caption_3,score_3"
    scored = run(app, ["evaluate", out, str(folder), "--json"])
    assert scored.exit_code == 0, scored.output
    assert json.loads(scored.stdout)["count"] == 6, "as train does, only what the table says is for testing"
    described = json.loads(run(app, ["data", str(folder), "--json"]).stdout)
    assert described["task"] == "captioning"
    assert (described["pictures"], described["captions"]) == (30, 40)
    shown = run(app, ["data", str(folder)]).stdout
    assert "40 captions; words of each: median 6" in shown
    assert "of 30 pictures, 12 different words; train 24; test 6" in shown


@pytest.mark.parametrize(
    ("inputs", "frames", "sees", "epochs", "dropout"),
    [
        ({"picture": {"height": 64, "width": 64}}, 1, "grid(64, cell=8, norm=cell)", 32, 0.5),
        ({"picture": {"height": 48, "width": 48}}, 10, "grid(128, cell=16, norm=cell, frames=5)", 16, 0.1),
        ({"mean": [0.0]}, 0, "project(128)", 26, 0.3),
    ],
)
def test_what_suits_the_data_is_picked(
    inputs: dict[str, Any], frames: int, sees: str, epochs: int, dropout: float
) -> None:
    size = {"examples": 5000, "captions": 5000, "longest": 9, "frames": frames}
    picked = pick_settings({"inputs": inputs, "size": size}, {})
    assert picked["model"] == f"{sees} -> bahdanau(128, summary=mean)"
    assert (picked["batch_size"], picked["epochs"], picked["dropout"]) == (32, epochs, dropout)
