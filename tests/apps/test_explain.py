"""``seqloom explain``: words to plans."""

from __future__ import annotations

import json

import pytest

from tests.apps.running import Command


def test_a_cell_is_explained_by_its_word(command: Command) -> None:
    result = command("explain", "--cell", "gru(reset=before)")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("GRU, 64 inputs, 128 units, training\n")
    assert "candidate += W_candidate_1 (sigmoid(reset) * h)  (128 × 128)" in result.out
    assert "cpu: machine code made from the equations" in result.out
    assert "not torch: the cell's equations" in result.out


def test_sizes_and_inference(command: Command) -> None:
    result = command("explain", "--cell", "lstm", "--inputs", "3", "--hidden", "5", "--inference")
    assert result.out.startswith("LSTM, 3 inputs, 5 units, inference\n")
    assert "(5 × 3)" in result.out
    assert "backward" not in result.out
    assert "torch: torch's own kernel" in result.out


def test_json_has_a_line_for_each_recurrence_of_its_own(command: Command) -> None:
    result = command("explain", "--cell", "3*lstm(8) + window + elman bidirectional", "--hidden", "4", "--json")
    found = [json.loads(line) for line in result.out.splitlines()]
    assert [(one["cell"], one["inputs"], one["hidden"]) for one in found] == [
        ("LSTM", 64, 8),
        ("LSTM", 8, 8),
        ("Elman", 4, 4),
    ]
    assert found[0]["kernel"]["name"] == "cpu"
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
    found = json.loads(command("explain", "--cell", f"{word}(8) bidirectional", "--json").out)
    assert (found["inside"], found["hidden"]) == (block, 8)


@pytest.mark.parametrize("word", ["mlstm", "retnet", "gla", "mamba2", "deltanet", "gated-deltanet"])
def test_a_matrix_state_has_no_loop(command: Command, word: str) -> None:
    result = command("explain", "--cell", f"{word}(64)")
    assert (result.code, result.out) == (2, "")
    assert "has a matrix state, run in chunks (kernels/matrix_state); there is no loop to explain." in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--cell", "grru"), "Did you mean 'gru'?"),
        (("--cell", "gru(rest=before)"), "Did you mean 'reset'?"),
        (("--cell", "window"), "no recurrence"),
        (("--cell", "gru", "--hidden", "0"), "--hidden"),
        ((), "--cell"),
    ],
)
def test_wrong_words_are_usage_errors(command: Command, words: tuple[str, ...], message: str) -> None:
    result = command("explain", *words)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
