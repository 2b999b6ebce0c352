"""Files of tagged words by the command line: trained, tagged, scored."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest

from tests.apps.running import Command, Result
from tests.tasks.tagging.sentences import small, tagged

FAST = "--model lstm(12) --characters lstm(6)+pool(last) --embedding 8 --epochs 16 --learning-rate 0.02 --dropout 0"


def test_a_file_is_learned_and_another_comes_back_tagged(command: Command, tmp_path: Path) -> None:
    tokens, tags = tagged("IOB1")
    rows = ["".join(f"{w} x {t}\n" for w, t in zip(*pair, strict=True)) for pair in zip(tokens, tags, strict=True)]
    (tmp_path / "a.conll").write_text("\n".join(rows))
    words = ["Ann", "Lee", "meets", "Bob", "in", "New", "York", "."]
    right = ["I-person", "I-person", "O", "I-person", "O", "I-place", "I-place", "O"]
    (tmp_path / "b.conll").write_text("# id 7\n" + "".join(f"{word} x _\n" for word in words))
    run = tmp_path / "run"
    options = [*FAST.split(), "--batch-size", "4", "--quiet", "--validation", tmp_path / "a.conll"]
    result = command("train", tmp_path / "a.conll", "--out", run, "--json", *options)
    assert result.code == 0, result.err
    record = json.loads(result.out)
    assert (record["task"], record["watched"]) == ("tagging", "f1")
    assert "the most frequent tag of the word" in record["baselines"]
    said = command("predict", run, tmp_path / "b.conll")
    wanted = "# id 7\n" + "".join(f"{word} x {tag}\n" for word, tag in zip(words, right, strict=True))
    assert said.out == wanted, said.err
    lines = command("predict", run, tmp_path / "b.conll", "--json").out.splitlines()
    assert [json.loads(line)["prediction"] for line in lines] == [right]
    scored = command("evaluate", run, tmp_path / "a.conll")
    assert scored.code == 0
    header, *rows = [line.split() for line in scored.out.splitlines()]
    assert header == ["model", "loss", "accuracy", "precision", "recall", "f1"]
    by_type = [row for row in rows if row[:2] == ["f1", "of"]]
    assert [row[2] for row in by_type] == ["person", "place"]
    assert {row[-1] for row in by_type} == {"1.000"}


def test_what_is_wrong_with_a_file_ends_in_3(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("a X\nb\n")
    result = command("train", tmp_path / "a.conll", "--task", "tagging", "--out", tmp_path / "run", "--quiet")
    assert (result.code, "line 2" in result.err, (tmp_path / "run").exists()) == (3, True, False)


def test_lines_are_tagged_as_they_come(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small("lstm(12)").fit(*tagged(), validation=0.0, progress=False).save(tmp_path / "words")
    steps, states = [[[1.0, 2.0], [-1.0, 0.5]], [[-1.0, 0.1], [1.0, 0.2]]] * 20, [["on", "off"], ["off", "on"]] * 20
    small("lstm(8)").fit(steps, states, validation=0.0, progress=False).save(tmp_path / "series")

    def said(model: str, text: str, *more: str) -> Result:
        monkeypatch.setattr("sys.stdin", StringIO(text))
        return command("predict", tmp_path / model, "--stream", *more)

    words = said("words", "Bob\nmeets\n\nBob\n").out.splitlines()
    assert words == ["B-person", "O", "", "B-person"]
    assert said("series", "1, 2\n-1 0.5\n").out.splitlines() == ["on", "off"]
    lines = said("series", "1;2\n\n", "--json").out.splitlines()
    assert [json.loads(line) for line in lines] == [{"line": 1, "prediction": "on"}, {"line": 2, "prediction": None}]
    wrong = said("series", "1 2\n1 x\n")
    assert (wrong.code, "standard input, line 2: expected numbers, got 'x'" in wrong.err) == (3, True)
    assert (wrong := said("series", "1 2 3\n")).code == 3
    assert "line 1: Expected series of 2 channels, as this tagger was trained on; got 3" in wrong.err
    assert command("predict", tmp_path / "words").code == 2
    assert command("predict", tmp_path / "words", "a.conll", "--stream").code == 2


def test_target_says_where_tags_are_written(command: Command, tmp_path: Path) -> None:
    small(epochs=1).fit(*tagged(), validation=0.0, progress=False).save(tmp_path / "words")
    (tmp_path / "a.conll").write_text("Bob NNP\n")
    (tmp_path / "a.csv").write_text("sent,word,tag\n1,Bob,O\n1,meets,O\n")
    said = command("predict", tmp_path / "words", tmp_path / "a.conll", "--target", "3")
    assert (said.code, said.out.startswith("Bob NNP "), len(said.out.split())) == (0, True, 3)
    assert command("predict", tmp_path / "words", tmp_path / "a.csv").out.startswith(
        "sent,word,tag,prediction\n1,Bob,O,"
    )
    for more in (["a.conll", "--json"], ["a.csv"]):
        refused = command("predict", tmp_path / "words", tmp_path / more[0], "--target", "3", *more[1:])
        assert (refused.code, "no effect" in refused.err, refused.out) == (2, True, "")
