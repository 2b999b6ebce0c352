"""Writing with a model: what ends a text, what is drawn again, and flags that have no effect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seqloom.decoding import BeamSearch, Sampling
from seqloom.settings import flat
from tests.apps.running import Command


def rows(command: Command, *words: object) -> list[dict[str, Any]]:
    result = command("generate", *words, "--json")
    assert result.code == 0, result.err
    return [json.loads(line) for line in result.out.splitlines()]


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (("--beam", 2, flag, *value), flag)
        for flag, *value in (
            ("--temperature", "1.0"),
            ("--top-k", 3),
            ("--top-p", 0.9),
            ("--repetition-penalty", 1.0),
            ("--greedy",),
            ("--samples", 1),
            ("--seed", 0),
            ("--stop", "x"),
        )
    ]
    + [
        (("--greedy", flag, value), flag)
        for flag, value in (("--temperature", 1.0), ("--top-k", 3), ("--top-p", 0.9), ("--samples", 2), ("--seed", 0))
    ]
    + [(("--length-penalty", 0.0), "--length-penalty"), (("--ignore-unknown",), "--ignore-unknown")],
)
def test_flags_without_effect_are_refused(
    command: Command, model: Path, words: tuple[object, ...], refused: str
) -> None:
    result = command("generate", model, *words)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"Error: {refused}: no effect ")


def test_all_flags_without_effect_are_named_at_once(command: Command, model: Path) -> None:
    result = command("generate", model, "--beam", 2, "-n", 3, "--seed", 1, "--greedy", "--ignore-unknown")
    assert result.code == 2
    assert "--samples, --seed, --greedy: no effect beside --beam. Leave them out." in result.err
    assert "--ignore-unknown: no effect without --prompt. Leave it out." in result.err


def test_flags_with_effect_are_taken(command: Command, model: Path) -> None:
    for words in (
        ("--beam", 2, "--length-penalty", 0.5, "--endless"),
        ("--greedy", "--repetition-penalty", 1.5, "--stop", "x"),
        ("--temperature", 0, "--seed", 1, "--top-k", 3),
    ):
        assert command("generate", model, "-l", 3, *words).code == 0


def test_seeds_beside_each_other_share_no_text_and_each_text_can_be_had_again(command: Command, model: Path) -> None:
    first, second = (rows(command, model, "-n", 10, "-l", 60, "--seed", seed) for seed in (1, 2))
    assert len({row["text"] for row in first + second}) == 20
    assert [first[0]["seed"], second[0]["seed"]] == [1, 2]
    for row in first:
        (again,) = rows(command, model, "-l", 60, "--seed", row["seed"])
        assert again == row


def test_stop_ends_a_text_and_json_says_why(command: Command, model: Path) -> None:
    words = (model, "-p", "the ", "-n", 4, "-l", 60, "--seed", 3)
    whole = [row["text"] for row in rows(command, *words)]
    string = whole[0][20:22]
    found = rows(command, *words, "--stop", string, "--stop", "never there")
    assert [row["text"] for row in found] == [text.partition(string)[0] for text in whole]
    assert [row["end"] for row in found] == ["stop" if string in text else "length" for text in whole]
    assert found[0]["end"] == "stop"
    alone = command("generate", model, "-p", "the ", "-l", 60, "--seed", 3, "--stop", string)
    assert alone.out == "the " + found[0]["text"] + "\n"
    ends = {row["end"] for row in rows(command, model, "-n", 50, "-l", 20, "--no-endless", "--stop", "e")}
    assert ends == {"stop", "length", "end of text"}


def test_an_empty_stop_is_a_usage_error(command: Command, model: Path) -> None:
    result = command("generate", model, "--stop", "")
    assert (result.code, result.out) == (2, "")
    assert "stop: expected strings of at least one character" in result.err


@pytest.mark.parametrize("beam", [(), ("--beam", 2)])
def test_what_is_unknown_in_a_prompt_is_left_out_and_said(command: Command, model: Path, beam: tuple[object]) -> None:
    words = ("-l", 20, *beam)
    assert "--ignore-unknown" in command("generate", model, "-p", "the ß", *words).err
    odd = command("generate", model, "-p", "the ß", "--ignore-unknown", *words)
    plain = command("generate", model, "-p", "the ", *words)
    assert odd.code == 0
    assert "the ß" in odd.out
    assert odd.out.replace("the ß", "the ") == plain.out
    assert odd.err == "Not read, characters unknown to the model: 'ß'.\n"
    known = command("generate", model, "-p", "the ", "--ignore-unknown", *words)
    assert (known.out, known.err) == (plain.out, "")


def test_every_setting_of_drawing_and_searching_is_a_flag_and_is_refused_by_its_record(
    command: Command, model: Path
) -> None:
    wrong = {"--temperature": -1, "--top-k": 0, "--top-p": 2, "--repetition-penalty": 0.5, "--seed": -1}
    wrong |= {"--beam": 0, "--length-penalty": -1}
    assert set(wrong) == {setting.flag for setting in flat(Sampling) + flat(BeamSearch)}
    result = command("generate", model, *(word for pair in wrong.items() for word in pair))
    assert result.code == 2
    assert all(f"{flag}: expected a" in result.err for flag in wrong)
