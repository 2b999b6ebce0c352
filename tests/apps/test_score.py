"""Scoring texts: with and without their end, after a context, by word, in bits."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from seqloom.apps.cli.main import run
from tests.apps.running import FAST, Command


def rows(command: Command, *words: object) -> list[dict[str, Any]]:
    result = command("score", *words, "--json")
    assert result.code == 0, result.err
    return [json.loads(line) for line in result.out.splitlines()]


@pytest.fixture(scope="module")
def of_documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("documents")
    (home / "text.txt").write_text("the dog\nthe fox\nthe quick dog\n" * 20)
    assert run(["train", str(home / "text.txt"), "--out", str(home / "model"), "--document", "line", *FAST]) == 0
    return home / "model"


def test_the_end_is_scored_where_the_model_learned_of_ends(command: Command, model: Path, of_documents: Path) -> None:
    for place, learned in ((model, False), (of_documents, True)):
        (chosen,), (without,), (with_end,) = (
            rows(command, place, "-t", "the dog", *words) for words in ((), ("--no-end",), ("--end",))
        )
        assert [row["end"] for row in (chosen, without, with_end)] == [learned, False, True]
        assert chosen == (with_end if learned else without)
        assert with_end["log_probability"] < without["log_probability"] < 0
        assert math.isclose(without["nats_per_token"] * 7, -without["log_probability"])
        assert math.isclose(with_end["nats_per_token"] * 8, -with_end["log_probability"])
        assert math.isclose(with_end["nats_per_character"] * 7, -with_end["log_probability"])


def test_a_context_is_read_and_not_scored(command: Command, model: Path) -> None:
    (whole,), (before,), (after,) = (
        rows(command, model, *words)
        for words in (("-t", "the dog"), ("-t", "the "), ("-t", "dog", "--context", "the "))
    )
    assert after["text"] == "dog"
    assert math.isclose(whole["log_probability"], before["log_probability"] + after["log_probability"], rel_tol=1e-5)
    result = command("score", model, "-t", "dog", "--context", "the ß")
    assert result.err == "Scored as <unk>, characters unknown to the model: 'ß'.\n"


def test_bits_are_nats_over_ln_2(command: Command, model: Path) -> None:
    words = ("-t", "the dog", "-t", "", "--surprisal")
    for nats, bits in zip(rows(command, model, *words), rows(command, model, *words, "--bits"), strict=True):
        pairs, parts = nats.pop("surprisal"), bits.pop("surprisal")
        assert bits.items() >= nats.items()
        for name, key in (
            ("bits_per_token", "nats_per_token"),
            ("bits_per_character", "nats_per_character"),
            ("log2_probability", "log_probability"),
        ):
            assert bits[name] == (None if nats[key] is None else pytest.approx(nats[key] / math.log(2)))
        for pair, part in zip(pairs, parts, strict=True):
            assert part == pair | {"bits": pytest.approx(pair["nats"] / math.log(2))}
    for more in ((), ("--surprisal",)):
        plain, changed = (
            [line.split("\t") for line in command("score", model, "-t", "the dog", *more, *unit).out.splitlines()]
            for unit in ((), ("--bits",))
        )
        for before, after in zip(plain, changed, strict=True):
            for nat, bit in zip(before[:-1], after[:-1], strict=True):
                assert float(bit) == pytest.approx(float(nat) / math.log(2), abs=2e-4)
            assert before[-1] == after[-1]


def test_a_text_without_tokens_has_a_dash(command: Command, model: Path) -> None:
    assert command("score", model, "-t", "").out == "0.0000\t–\t\n"


def test_surprisal_by_word_sums_to_the_score(command: Command, model: Path) -> None:
    words = ("-t", "the quick ßdog", "--surprisal")
    (by_word,), (by_token,) = rows(command, model, *words, "--by-word"), rows(command, model, *words)
    assert [part["word"] for part in by_word["surprisal"]] == ["the", " quick", " ßdog"]
    nats = [pair["nats"] for pair in by_token["surprisal"]]
    expected = [sum(nats[:3]), sum(nats[3:9]), sum(nats[9:])]
    assert [part["nats"] for part in by_word["surprisal"]] == pytest.approx(expected)
    assert sum(expected) == pytest.approx(-by_word["log_probability"])
    lines = command("score", model, *words, "--by-word", "--end").out.splitlines()
    assert [line.split("\t")[1] for line in lines] == ["'the'", "' quick'", "' ßdog'", "'<eos>'"]


def test_by_word_without_surprisal_is_refused(command: Command, model: Path) -> None:
    result = command("score", model, "-t", "the", "--by-word")
    assert (result.code, result.out) == (2, "")
    assert result.err == "Error: --by-word: no effect without --surprisal. Leave it out.\n"


@pytest.mark.parametrize(
    ("document", "file", "said"),
    [
        ("line", "the dog\nthe fox\n", "single lines"),
        ("line", "the dog\n", "single lines"),
        ("line", "the dog", None),
        ("blank-line", "the dog\nthe fox\n\nthe quick dog\n", "what stands between blank lines"),
        ("blank-line", "the dog\nthe fox", None),
        ("file", "the dog\n\nthe fox\n", None),
    ],
)
def test_a_file_of_other_documents_than_the_model_learned_is_told_with_what_to_say(
    command: Command, tmp_path: Path, document: str, file: str, said: str | None
) -> None:
    (tmp_path / "text.txt").write_text("the dog\nthe fox\n\nthe quick dog\n\n" * 20)
    (tmp_path / "file.txt").write_text(file)
    train = ("train", tmp_path / "text.txt", "--out", tmp_path / "model", "--document", document, *FAST)
    assert command(*train).code == 0
    score = ("score", tmp_path / "model")
    told = command(*score, tmp_path / "file.txt").err
    assert (f"This model learned from {said}" in told) is (said is not None), told
    assert ("--lines scores each line" in told) is (document == "line" and said is not None)
    for other in (("--lines", tmp_path / "file.txt"), ("-t", file)):
        assert "learned from" not in command(*score, *other).err


def test_bits_in_json_come_with_the_flag_as_its_help_says(command: Command, model: Path) -> None:
    (without,), (beside,) = rows(command, model, "-t", "the"), rows(command, model, "-t", "the", "--bits")
    assert "bits_per_token" not in without
    assert {"bits_per_token", "nats_per_token"} <= beside.keys()
    assert "with --json beside them" in " ".join(command("score", "--help").out.replace("│", " ").split())
