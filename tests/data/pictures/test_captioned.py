"""Captions beside pictures, videos and features, in every layout; what does not belong together is counted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seqloom.data.pictures.captioned import has_captions, read_captioned
from seqloom.data.pictures.seen import Seen, feature_rows, first_frames, video_rows
from seqloom.data.tables.parts import Part
from seqloom.errors import DataError
from tests.data.pictures.files import FILES


def pictures(place: Path, *names: str) -> Path:
    for name in names:
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES["rgb.png"])
    return place


SOME = ("images/1.png", "images/2.png", "images/10.png")
ROWS = [
    ("images/1.png", "a dog"),
    ("images/2.png", "a cat"),
    ("images/2.png", "a small cat"),
    ("images/10.png", "both"),
]


def coco() -> str:
    images = [{"id": 7 + k, "file_name": name.split("/")[1]} for k, name in enumerate(SOME)]
    ids = {name: one["id"] for name, one in zip(SOME, images, strict=True)}
    return json.dumps(
        {"images": images, "annotations": [{"image_id": ids[name], "caption": text} for name, text in ROWS]}
    )


LAYOUTS = {
    "csv": ("captions.csv", "file,caption\n" + "".join(f"{name},{text}\n" for name, text in ROWS)),
    "other names of columns": ("a.tsv", "text\timage\n" + "".join(f"{text}\t{name}\n" for name, text in ROWS)),
    "names without folder or suffix": ("a.csv", "id,caption\n" + "".join(f"{n[7:-4]},{text}\n" for n, text in ROWS)),
    "backslashes": ("a.csv", "file,caption\n" + "".join(f"C:\\data\\{n[7:]},{text}\n" for n, text in ROWS)),
    "no header": ("a.csv", "".join(f"{name},{text} is here\n" for name, text in ROWS)),
    "json lines": ("a.jsonl", "".join(json.dumps({"image": name, "sentence": text}) + "\n" for name, text in ROWS)),
    "COCO": ("annotations/captions_train2017.json", coco()),
    "Flickr8k": ("Flickr8k.token.txt", "".join(f"{name[7:]}#{k}\t{text}\n" for k, (name, text) in enumerate(ROWS))),
    "Flickr8k of Kaggle": ("captions.txt", "image,caption\n" + "".join(f"{name[7:]},{text}\n" for name, text in ROWS)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same(tmp_path: Path, layout: str) -> None:
    pictures(tmp_path, *SOME)
    name, content = LAYOUTS[layout]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(content)
    assert has_captions(tmp_path)
    found = read_captioned(tmp_path)
    assert found.names == list(SOME)
    assert found.seen is Seen.PICTURES
    assert found.remarks == ()
    said = [[text.removesuffix(" is here") for text in several] for several in found.captions or ()]
    assert said == [["a dog"], ["a cat", "a small cat"], ["both"]]
    if layout == "COCO":
        assert found.parts == [Part.TRAIN] * 3


def test_what_does_not_belong_together_is_counted_with_names(tmp_path: Path) -> None:
    pictures(tmp_path, *SOME, "images/99.png")
    (tmp_path / "captions.csv").write_text(
        "file,caption,split\n1.png,a dog,train\n2.png,,test\n3.png,none,test\n10.png,x,dev\n"
    )
    found = read_captioned(tmp_path)
    assert found.names == ["images/1.png", "images/10.png"]
    assert found.parts == [Part.TRAIN, Part.VALIDATION]
    assert found.remarks == (
        "1 file has no caption, left out: 'images/99.png'",
        "1 caption has no file, left out: '3.png'",
        "1 file has an empty caption, left out: 'images/2.png'",
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"captions.csv": "file,caption\nnowhere.png,a dog\n"}, "none with a caption"),
        (
            {"a.csv": LAYOUTS["csv"][1], "b.csv": LAYOUTS["csv"][1]},
            "several tables of captions, 'a.csv', 'b.csv': name",
        ),
        ({"captions.csv": "file,caption,split\n1.png,a,train\n1.png,b,test\n"}, "line 3: images/1.png is for test"),
        ({"captions_x.json": "{}"}, "expected images and annotations as COCO"),
        ({"captions_x.json": "[" * 100_000}, "expected images and annotations as COCO"),
    ],
)
def test_doubt_is_an_error(tmp_path: Path, files: dict[str, str], said: str) -> None:
    pictures(tmp_path, *SOME)
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=said):
        read_captioned(tmp_path)


def test_a_table_may_be_named(tmp_path: Path) -> None:
    pictures(tmp_path, *SOME)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(LAYOUTS["csv"][1])
    assert has_captions(tmp_path / "b.csv")
    assert len(read_captioned(tmp_path / "b.csv")) == 3


def test_no_captions_are_needed_to_predict(tmp_path: Path) -> None:
    pictures(tmp_path, *SOME)
    assert not has_captions(tmp_path)
    assert read_captioned(tmp_path, to_predict=True).names == list(SOME)
    assert read_captioned(tmp_path / "images" / "2.png", to_predict=True).names == ["2.png"]


def test_videos_and_their_frames(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.gif").write_bytes(FILES["animated.gif"])
    np.save(tmp_path / "b.npy", np.zeros((5, 6, 9, 3), np.uint8))
    pictures(tmp_path, "c/1.png", "c/2.png")
    (tmp_path / "captions.csv").write_text("video,caption\na.gif,one\nb.npy,two\nc,three\n")
    found = read_captioned(tmp_path)
    assert (found.names, found.seen, found.remarks) == (["b.npy", "c", "clips/a.gif"], Seen.VIDEOS, ())
    assert {header[:2] for header in first_frames(found.paths)} == {(6, 9)}
    rows = video_rows(found.source, found.paths, (4, 4), 3, most=3)
    assert [rows[k].shape for k in range(3)] == [(3, 4, 4, 3), (2, 4, 4, 3), (3, 4, 4, 3)]
    assert rows.lengths == (3, 2, 3)


def test_features_computed_elsewhere(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((7, 7, 5), np.float32))
    np.save(tmp_path / "b.npy", np.ones(5))
    (tmp_path / "captions.csv").write_text("file,caption\na.npy,one\nb.npy,two\n")
    found = read_captioned(tmp_path)
    assert found.seen is Seen.FEATURES
    assert [one.shape for one in feature_rows(found.source, found.paths)] == [(49, 5), (1, 5)]
    np.save(tmp_path / "b.npy", np.full(5, np.nan))
    with pytest.raises(DataError, match=r"b\.npy: expected finite floats"):
        feature_rows(found.source, found.paths)


def test_a_few_animated_pictures_are_pictures(tmp_path: Path) -> None:
    pictures(tmp_path, *SOME)
    (tmp_path / "images" / "a.gif").write_bytes(FILES["animated.gif"])
    (tmp_path / "captions.csv").write_text(LAYOUTS["csv"][1] + "a.gif,moves\n")
    assert read_captioned(tmp_path).seen is Seen.PICTURES
    Image.new("RGB", (3, 3)).save(tmp_path / "images" / "b.png")
