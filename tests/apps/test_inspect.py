"""``seqloom inspect``: one page of any model, which shows its command; and what is refused, before it takes long."""

from __future__ import annotations

import importlib
import json
import shlex
import subprocess
from collections.abc import Callable
from html import unescape
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from seqloom import Classifier, Forecaster, LanguageModel, MusicEventModel, MusicModel
from seqloom.data.made.tunes import made_tunes
from seqloom.data.notes import save_midi
from seqloom.tasks import model_directory
from seqloom.tasks.estimator import Estimator
from tests.apps.running import TEXT, Command
from tests.apps.test_bad_input import refused

pytest.importorskip("matplotlib")

BRIEF = {"steps": 2, "epochs": None, "device": "cpu"}
HOSTILE = "<script>alert(1)</script>"
ALONE = ["What should I change?", "What is it, and how good?", "What is it made of?", "How did it learn?"]
VECTORS, FAR, GATES = "What do the tokens' vectors say?", "How far back does it look?", "What do the gates do?"
UNITS = "What does a unit track, and is it used?"
WHY, LOOKS, ERRS = "Why this answer?", "Where does it look?", "Where does it err?"
TASK = "What does the task show?"
LABELS = (HOSTILE, r"$\x$", "日本")


class Made(NamedTuple):
    """How a model is made of a file, which it is then looked at on, and the titles of its page."""

    fit: Callable[[], Any]
    data: str
    titles: list[str]


def _classifier(spec: str, data: str = "texts.csv") -> Callable[[], Any]:
    return lambda: Classifier(spec, embedding=4, training=BRIEF).fit(data, progress=False)


def _writer(spec: str) -> Callable[[], Any]:
    return lambda: LanguageModel(spec, window=16, batch_size=2, training=BRIEF).fit([TEXT], progress=False)


def _forecaster(spec: str) -> Callable[[], Any]:
    return lambda: Forecaster(spec, horizon=2, training=BRIEF).fit("sales.csv", progress=False)


MADE = {
    "writer": Made(_writer("lstm(4)"), "text.txt", [*ALONE, VECTORS, FAR, GATES, UNITS, WHY, ERRS]),
    "classifier": Made(
        _classifier("gru(4) + pool(attention)"), "texts.csv", [*ALONE, VECTORS, FAR, GATES, UNITS, WHY, ERRS, TASK]
    ),
    "attention": Made(_writer("attention(4)"), "text.txt", [*ALONE, VECTORS, FAR, WHY, LOOKS, ERRS]),
    "transformer": Made(_classifier("transformer(4)"), "texts.csv", [*ALONE, VECTORS, FAR, WHY, LOOKS, ERRS, TASK]),
    "shortening": Made(
        _classifier("conv(4, stride=2) + elman(4)"), "texts.csv", [*ALONE, VECTORS, FAR, WHY, ERRS, TASK]
    ),
    "forecaster": Made(_forecaster("elman(4)"), "sales.csv", [*ALONE, FAR, WHY, TASK]),
    "reservoir": Made(_forecaster("esn(8)"), "sales.csv", [*ALONE, FAR, WHY, TASK]),
    "music": Made(
        lambda: MusicModel("gru(4)", training=BRIEF).fit("tunes", progress=False),
        "tunes",
        [*ALONE, FAR, GATES, WHY, TASK],
    ),
    "events": Made(
        lambda: MusicEventModel("gru(4)", training=BRIEF).fit("tunes", progress=False),
        "tunes",
        [*ALONE, FAR, GATES, WHY, TASK],
    ),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data and a model of each kind."""
    home = tmp_path_factory.mktemp("inspected")
    with pytest.MonkeyPatch.context() as within:
        within.chdir(home)
        Path("text.txt").write_text(TEXT[:280])
        texts = [f"a {color} {animal}" for color in ("red", "blue", "odd") for animal in ("cat", "dog", "emu", "cow")]
        rows = [f"{text} {n},{LABELS[n % 3]}" for n, text in enumerate(texts * 2)]
        Path("texts.csv").write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
        Path("bare.csv").write_text("text\n" + "\n".join(texts) + "\n")
        days = np.arange("2024-01-01", "2024-04-10", dtype="datetime64[D]")
        sold = [f"{day},{k % 7 + k / 50:.2f},{k % 5}\n" for k, day in enumerate(days)]
        Path("sales.csv").write_text("day,shop,web\n" + "".join(sold))
        Path("tunes").mkdir()
        for number, piece in enumerate(made_tunes(6, seed=0)):
            save_midi(f"tunes/{number}.mid", piece)
        for name, made in MADE.items():
            made.fit().save(name)
    return home


@pytest.fixture
def inspect(command: Command, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command where data and models are, with its page elsewhere."""
    monkeypatch.chdir(home)
    return lambda *words: command("inspect", *words, "-o", tmp_path / "page.html")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.html"


@pytest.mark.parametrize("name", MADE)
def test_the_page_of_each_kind_of_model(inspect: Any, page: Path, name: str) -> None:
    found = inspect(name, "--data", MADE[name].data, "--json")
    assert found.code == 0, found.err
    assert [section["title"] for section in json.loads(found.out)["sections"]] == MADE[name].titles
    text = page.read_text(encoding="utf-8")
    assert text.count("<section") == len(MADE[name].titles)
    assert "http" not in text.replace('<meta http-equiv="Content-Security-Policy"', "")
    assert "<script" not in text
    assert "UserWarning" not in found.err


def test_the_verdict_stands_by_itself(inspect: Any) -> None:
    found = json.loads(inspect("classifier", "--data", "texts.csv", "--json").out)
    assert found["verdict"].keys() == {"kind", "says", "cures"}
    assert found["sections"][0]["says"][0] == f"{found['verdict']['kind'].capitalize()}. {found['verdict']['says']}"
    assert found["sections"][0]["says"][1:] == found["verdict"]["cures"]


def test_layers_without_a_curve_are_named(inspect: Any) -> None:
    found = json.loads(inspect("shortening", "--data", "bare.csv", "--json").out)
    said = "layer 1 (Convolution) has fewer steps than it reads and so no curve of its own: see that of the model."
    assert said in next(section["says"] for section in found["sections"] if section["title"] == FAR)


def test_what_has_no_answer_is_said(inspect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MusicModel, "subject", Estimator.subject)
    assert "is not shown: A MusicModel cannot be looked into yet." in inspect("music", "--data", "tunes").err


def test_a_model_alone_has_a_page(inspect: Any) -> None:
    found = inspect("writer", "--json")
    assert [section["title"] for section in json.loads(found.out)["sections"]] == [*ALONE, VECTORS]


def test_files_are_read_and_checked_once(inspect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read, places = model_directory.newest_files, []
    monkeypatch.setattr(model_directory, "newest_files", lambda path: places.append(path) or read(path))
    assert inspect("writer").code == 0
    assert places == [Path("writer")]


@pytest.mark.parametrize("words", [("--data", "bare.csv"), ("--text", "a red cat")])
def test_without_labels_all_but_losses_is_shown(inspect: Any, words: tuple[str, ...]) -> None:
    found = inspect("classifier", *words, "--json")
    assert found.code == 0, found.err
    sections = json.loads(found.out)["sections"]
    assert [section["title"] for section in sections] == [*ALONE, VECTORS, FAR, GATES, WHY]
    assert "By the loss" not in "".join(sections[5]["says"])
    assert "It is not shown: " in found.err


@pytest.mark.parametrize("text", [f"-a  b\nc'd {HOSTILE}", "a", "über"])
def test_the_command_on_the_page_makes_it_again(inspect: Any, page: Path, text: str) -> None:
    found = inspect("writer", "--text", text)
    assert found.code == 0, found.err
    first = page.read_text(encoding="utf-8")
    shown = unescape(first.partition("<code>")[2].partition("</code>")[0])
    assert HOSTILE not in first
    page.unlink()
    program, name, *words = shlex.split(shown) if "$'" not in shown else _typed_in_bash(shown)
    assert (program, name) == ("seqloom", "inspect")
    assert inspect(*words).code == 0
    assert _words(page.read_text(encoding="utf-8")) == _words(first)


def _typed_in_bash(shown: str) -> list[str]:
    called = subprocess.run(["bash", "-c", rf"printf '%s\0' {shown}"], capture_output=True, check=True)
    return called.stdout.decode().split("\0")[:-1]


def _words(text: str) -> list[str]:
    """A page without its pictures, which have the time of drawing within."""
    return [part.partition('"')[2] for part in text.split("base64,")]


def test_what_is_unknown_to_the_model_is_said(inspect: Any) -> None:
    found = inspect("writer", "--text", "the ü")
    assert (found.code, "Read as <unk>, characters unknown to the model: 'ü'." in found.err) == (0, True)


def test_standard_input_is_data(inspect: Any, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(TEXT[:20].encode())))
    found = inspect("writer", "--data", "-")
    assert found.code == 0, found.err
    assert "<code>seqloom inspect writer --data -</code>" in page.read_text(encoding="utf-8")


REFUSED = {
    "both": (("writer", "--data", "text.txt", "--text", "a"), 2, "--data and --text: give one of them."),
    "an empty text": (("writer", "--text", ""), 2, "--text: expected a text, got an empty one."),
    "a text for a model of series": (("forecaster", "--text", "a b"), 2, "--text: this model does not read it"),
    "a text for a model of music": (("music", "--text", "a b"), 2, "--text: this model does not read it"),
    "a row of nothing": (("writer", "--row", "1"), 2, "--row: no effect without --data or --text."),
    "a step of nothing": (("writer", "--step", "0"), 2, "--step: no effect without --data or --text."),
    "a row beyond the last": (("writer", "--text", "a b", "--row", "1"), 2, "row: expected one of 0 … 0"),
    "a row before the first": (("classifier", "--data", "bare.csv", "--row", "-1"), 2, "row: expected one of 0 … 11"),
    "a step beyond the last": (("writer", "--text", "a b", "--step", "3"), 2, "step: expected one of 0 … 2, or -1"),
    "a step of one answer": (("classifier", "--data", "bare.csv", "--step", "1"), 2, "one answer for each example"),
    "an empty pattern": (
        ("writer", "--text", "a b", "--pattern", ""),
        2,
        "expected a regular expression, got an empty",
    ),
    "no pattern": (("writer", "--text", "a b", "--pattern", "[a"), 2, "'[a' is no regular expression"),
    "a pattern of nothing": (("writer", "--pattern", "a"), 2, "--pattern: no effect without --data or --text."),
    "no file": (("writer", "--data", "texts.txt"), 3, "No such file: texts.txt. Did you mean 'text.txt'?"),
    "no folder of tunes": (("music", "--data", "tune"), 3, "No such file: tune. Did you mean 'tunes'?"),
    "a table of others": (("classifier", "--data", "sales.csv"), 2, "sales.csv has no column 'text'"),
    "tunes for texts": (("writer", "--data", "tunes"), 3, "tunes holds no text file to read"),
    "no model": (("nothing",), 4, "nothing: no such model directory."),
    "a file as a model": (("text.txt",), 4, "expected a model directory, got a file"),
    "a folder as a model": (("tunes",), 4, "tunes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_before_anything_is_measured(inspect: Any, page: Path, name: str) -> None:
    words, code, said = REFUSED[name]
    found = inspect(*words)
    refused(found, code, said)
    assert "Measuring" not in found.err
    assert not page.exists()


def test_where_no_page_can_be_written(command: Command, home: Path, tmp_path: Path) -> None:
    model, place = home / "writer", tmp_path / "page.html"
    for output, said in ((tmp_path, "is a folder"), (tmp_path / "none" / "a.html", "there is no folder")):
        found = command("inspect", model, "--force", "-o", output)
        refused(found, 2, said)
        assert "Reading" not in found.err
    place.write_text("mine")
    refused(command("inspect", model, "-o", place), 2, "is there already: give another name with -o, or --force")
    assert place.read_text() == "mine"
    assert command("inspect", model, "-o", place, "--force").code == 0
    assert place.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_missing_extra_is_found_first(inspect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    load = importlib.import_module

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(importlib, "import_module", without)
    found = inspect("writer", "--text", "a")
    refused(found, 7, "pip install 'seqloom[plots]'")
    assert "Reading" not in found.err
