"""``seqloom explain``: words to plans."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seqloom.kernels import policy
from tests.apps.running import Command


def test_a_cell_is_explained_by_its_word(command: Command) -> None:
    result = command("explain", "--cell", "gru(reset=before)")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("GRU, 64 inputs, 128 units, training\n")
    assert "candidate_map += W_candidate_1 (reset_gate * h)  (128 × 128)" in result.out
    assert "cpu: machine code made from the equations" in result.out
    assert "not torch: the cell's equations" in result.out


def test_sizes_and_inference(command: Command) -> None:
    result = command("explain", "--cell", "lstm", "--inputs", "3", "--hidden", "5", "--inference")
    assert result.out.startswith("LSTM, 3 inputs, 5 units, inference\n")
    assert "(5 × 3)" in result.out
    assert "backward" not in result.out
    assert "torch: torch's own kernel" in result.out


def test_json_has_a_line_for_each_recurrence_of_its_own(command: Command) -> None:
    cell = "3*lstm(8) + window + elman bidirectional + pool(max)"
    result = command("explain", "--cell", cell, "--hidden", "4", "--json")
    found = [json.loads(line) for line in result.out.splitlines()]
    assert [(one["cell"], one["inputs"], one["hidden"]) for one in found] == [
        ("LSTM", 64, 8),
        ("LSTM", 8, 8),
        ("Elman", 4, 4),
    ]
    assert [one["kernel"]["name"] for one in found] == ["torch", "torch", "cpu"]
    assert "T B H² = 262,144 is at most 40,000,000" in found[0]["kernel"]["summary"]
    assert "T² H = 65,536 is above 5,000" in found[2]["kernel"]["refused"]["torch"]
    assert found[0]["products_deep"] == 1
    assert found[0]["flops"] == 2 * 4 * 8 * (64 + 8)


@pytest.mark.parametrize(
    ("word", "block", "cell"),
    [("slstm", "SLSTMBlock", "MappedSLSTM, 32 inputs"), ("rg-lru", "RGLRUBlock", "RGLRU, 8 ")],
)
def test_a_block_is_explained_by_the_recurrence_inside(command: Command, word: str, block: str, cell: str) -> None:
    result = command("explain", "--cell", f"{word}(8)")
    assert (result.code, result.err) == (0, "")
    where, title, *rest = result.out.splitlines()
    assert where == f"The recurrence inside {block}, without what is around it"
    assert title.startswith(cell)
    assert any(line.startswith("Kernel for ") for line in rest)
    found = json.loads(command("explain", "--cell", f"{word}(8) bidirectional", "--json").out.splitlines()[0])
    assert (found["inside"], found["hidden"]) == (block, 8)


MATRICES = ("mlstm", "retnet", "gla", "mamba2", "deltanet", "gated-deltanet")


@pytest.mark.parametrize(
    ("words", "work", "kernel"),
    [
        *((f"{word}(64)", "a matrix state", "fused") for word in MATRICES),
        ("attention(64)", "attention", "torch"),
        ("attention(64, window=5)", "attention to a band", "fused"),
        ("attention(64, window=100)", "attention to a band", "fused"),
        ("norm(64)", "RMS norm", "fused"),
    ],
)
def test_what_is_no_loop_is_explained_by_its_choices(command: Command, words: str, work: str, kernel: str) -> None:
    found = [json.loads(line) for line in command("explain", "--cell", words, "--json").out.splitlines()]
    chosen = {one["work"]: one["kernel"]["name"] for one in found}
    assert chosen[work] == kernel
    assert not any("cell" in one for one in found)
    page = command("explain", "--cell", f"2*{words}")
    assert (page.code, page.err) == (0, "")
    assert page.out.count(f"  {work}\n    {kernel}: ") == 1, "the second layer is like the first"


def test_steps_are_explained_too(command: Command) -> None:
    page = command("explain", "--cell", "lstm(64) + retnet", "--inference", "--inputs", "64").out
    assert "Recurrent, one step of one row in float32\n  a step without gradients\n    cpu: machine code on" in page
    assert "a matrix state\n    reference: the equation, one step after the other\n      not fused: a single" in page


def test_a_wish_is_explained_or_refused(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for wish, code in (("reference", 0), ("torch", 2), ("torch,reference", 0)):
        monkeypatch.setenv("SEQLOOM_KERNEL", wish)
        policy._of_environment.cache_clear()
        result = command("explain", "--cell", "retnet(64)")
        monkeypatch.delenv("SEQLOOM_KERNEL")
        policy._of_environment.cache_clear()
        assert result.code == code, result
        said = (
            "it offers nothing for a matrix state" if code else f"not fused: '{wish}' was asked for by SEQLOOM_KERNEL"
        )
        assert said in (result.err if code else result.out)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--cell", "grru"), "Did you mean 'gru'?"),
        (("--cell", "gru(rest=before)"), "Did you mean 'reset'?"),
        (("--cell", "window"), "has no recurrence and nothing else that can run in more than one way"),
        (("--cell", "gru", "--hidden", "0"), "--hidden"),
        ((), "--cell"),
    ],
)
def test_wrong_words_are_usage_errors(command: Command, words: tuple[str, ...], message: str) -> None:
    result = command("explain", *words)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_layers_are_drawn_into_a_file(command: Command, tmp_path: Path) -> None:
    picture = tmp_path / "model.svg"
    result = command("explain", "--cell", "2*gru + pool(mean)", "--inputs", "3", "--picture", picture, "--json")
    assert result.code == 0
    assert json.loads(result.out)["says"] == "From the input up: 2 × gru(128), pool(mean); 149,632 weights."
    assert "output (B, 128)" in picture.read_text(encoding="utf-8")
    refused = command("explain", "--cell", "gru", "--picture", tmp_path / "model.png")
    assert refused.code == 2
    assert "ends in .svg" in refused.err
    assert command("explain", "--cell", "gru", "--picture", tmp_path / "none" / "a.svg").code == 2
    assert "no effect with --picture" in command("explain", "-c", "gru", "--picture", picture, "--inference").err
