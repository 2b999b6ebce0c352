"""Each generator against its definition, read off the inputs one row at a time."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import torch

from seqloom.probes import (
    Adding,
    Adding1997,
    Agreement,
    AssociativeRecall,
    BracketDepth,
    Copy,
    DelayedCopy,
    EmbeddedReber,
    ModularCounting,
    Multiplication,
    Parity,
    SelectiveCopy,
    TemporalOrder,
)
from seqloom.probes.reber import SYMBOLS

ROWS = 300


def answers(examples) -> list[list[int]]:
    """The targets of each row's scored steps."""
    return [row[scored].tolist() for row, scored in zip(examples.targets, examples.scored, strict=True)]


def test_adding() -> None:
    examples = Adding(length=11).draw(ROWS)
    assert set(examples.inputs[..., 1].unique().tolist()) == {0, 1}
    assert (examples.inputs[..., 1].sum(1) == 2).all()
    assert (examples.scored == (torch.arange(11) == 10)).all()
    torch.testing.assert_close(examples.targets[:, -1], examples.inputs.prod(-1).sum(1))
    marked = examples.inputs[..., 1].sum(0)
    assert (marked > 0.5 * marked.mean()).all()  # any two places


def test_copy() -> None:
    probe = Copy(delay=5, count=3, symbols=4)
    for tokens, targets in zip(*probe.draw(ROWS)[:2], strict=True):
        read, waited, told = tokens[:3], tokens[3:7], tokens[7:]
        assert len(tokens) == 11
        assert 1 <= int(read.min()) <= int(read.max()) <= 4
        assert waited.tolist() == [0] * 4
        assert told.tolist() == [5] * 4
        assert targets.tolist() == [0] * 8 + read.tolist()
    assert Copy().baseline().loss == pytest.approx(10 * 2.0794415 / 1020)


def test_delayed_copy() -> None:
    examples = DelayedCopy(delay=3, length=8).draw(ROWS)
    assert answers(examples) == [row[:5] for row in examples.inputs.tolist()]


def test_selective_copy() -> None:
    examples = SelectiveCopy(length=9, count=4, symbols=5).draw(ROWS)
    for row, told in zip(examples.inputs.tolist(), answers(examples), strict=True):
        assert [token for token in row[:9] if token] == told
        assert row[9:] == [6] * 4
        assert len(told) == 4
        assert {1, 2, 3, 4, 5}.issuperset(told)
    assert ((examples.inputs[:, :9] > 0).float().mean(0) > 0.25).all()


@pytest.mark.parametrize("probe", [Adding1997(length=40), Multiplication(length=40)])
def test_marked_pairs(probe: Adding1997 | Multiplication) -> None:
    examples = probe.draw(ROWS)
    assert examples.lengths is not None
    assert set(examples.lengths.tolist()) == set(range(40, 45))
    hidden = 0
    for pairs, length, told in zip(examples.inputs, examples.lengths.tolist(), answers(examples), strict=True):
        marks = pairs[:length, 1].tolist()
        assert (marks[0], marks[-1]) == (-1, -1)
        assert set(marks[1:-1]) <= {0, 1}
        numbers = [number for number, mark in pairs.tolist() if mark == 1]
        hidden += len(numbers) == 1
        if isinstance(probe, Adding1997):
            right = 0.5 + sum(numbers) / 4
        else:
            right = numbers[0] * (numbers[1] if len(numbers) == 2 else 1)
        assert told == pytest.approx([right], abs=1e-6)
        places = [k for k, mark in enumerate(marks) if mark == 1]
        assert places[-1] < 20
        assert places[0] < 10 or len(places) == 1
    assert hidden / ROWS == pytest.approx(probe.first_marked, abs=0.06)


@pytest.mark.parametrize(("marks", "places"), [(2, [(10, 20), (50, 60)]), (3, [(10, 20), (33, 43), (66, 76)])])
def test_temporal_order(marks: int, places: list[tuple[int, int]]) -> None:
    examples = TemporalOrder(marks=marks).draw(ROWS)
    assert examples.lengths is not None
    seen: list[set[int]] = [set() for _ in places]
    for tokens, length, told in zip(examples.inputs, examples.lengths.tolist(), answers(examples), strict=True):
        text = "".join("EBabcdXY"[token] for token in tokens[:length])
        assert 100 <= length <= 110
        assert re.fullmatch("E[a-dXY]+B", text)
        assert told == [int("".join(str(int(letter == "Y")) for letter in text if letter in "XY"), 2)]
        found = [k for k, letter in enumerate(text) if letter in "XY"]
        assert len(found) == marks
        for k, place in enumerate(found):
            seen[k].add(place)
    assert [(min(one), max(one)) for one in seen] == places


def test_parity_and_modular_counting() -> None:
    examples = Parity(length=12).draw(ROWS)
    assert examples.lengths is not None
    assert set(examples.lengths.tolist()) == set(range(1, 13))
    for row, length, told in zip(examples.inputs.tolist(), examples.lengths.tolist(), answers(examples), strict=True):
        assert told == [sum(row[:length]) % 2]
    examples = ModularCounting(length=12, modulus=3).draw(ROWS)
    assert examples.lengths is not None
    for row, length, told in zip(examples.inputs.tolist(), examples.lengths.tolist(), answers(examples), strict=True):
        assert told == [(row[:length].count(1) - row[:length].count(2)) % 3]


def test_longer_strings_begin_where_learning_ended() -> None:
    longer = Parity(length=5, longest=8).longer()
    assert longer is not None
    lengths = longer.draw(ROWS).lengths
    assert lengths is not None
    assert set(lengths.tolist()) == {6, 7, 8}
    assert longer.longer() is None


def test_bracket_depth() -> None:
    examples = BracketDepth(length=30, deepest=3).draw(ROWS)
    for row, told in zip(examples.inputs.tolist(), answers(examples), strict=True):
        depths = [row[: k + 1].count(0) - row[: k + 1].count(1) for k in range(30)]
        assert depths == told
        assert min(depths) >= 0
        assert max(depths) <= 3


def test_agreement() -> None:
    examples = Agreement(between=12).draw(ROWS)
    many = {"cats", "dogs", "birds", "children", "teachers", "kings"}
    misled = 0
    between = set()
    for tokens, told in zip(examples.inputs, answers(examples), strict=True):
        words = Agreement.text(tokens).split()
        assert words[0] == "the"
        assert words[2:4] == [",", "which"]
        assert words[-1] == ","
        assert words.count(",") == 2
        assert told == [int(words[1] in many)]
        misled += any((word in many) != (words[1] in many) for word in words[4:] if word in many | {"cat", "dog"})
        between.add(len(words) - 4)
    assert between == set(range(1, 13))
    assert misled > ROWS / 10


def test_associative_recall() -> None:
    examples = AssociativeRecall(length=32, pairs=4, symbols=64).draw(2000)
    keys, first_gaps = Counter[int](), Counter[int]()
    for row, targets, scored in zip(
        examples.inputs.tolist(), examples.targets.tolist(), examples.scored.tolist(), strict=True
    ):
        values = dict(zip(row[0:8:2], row[1:8:2], strict=True))
        places = [k for k, asked in enumerate(scored) if asked]
        assert len(values) == len(set(values.values())) == len(places) == 4
        assert {row[k] for k in places} == set(values)
        assert all(targets[k] == values[row[k]] and k >= 8 and k % 2 == 0 for k in places)
        assert all(1 <= key < 32 <= value < 64 for key, value in values.items())
        keys.update(list(values))
        first_gaps[next(k - 8 for k in places if row[k] == row[0]) // 2] += 1
    assert set(keys) == set(range(1, 32))
    assert max(keys.values()) < 1.4 * 8000 / 31
    assert min(keys.values()) > 0.6 * 8000 / 31
    # Where the first key comes again is the first draw of g = 1 … 12 with the weights g^-0.99.
    weights = torch.arange(1, 13).double() ** -0.99
    for gap, chance in enumerate((weights / weights.sum()).tolist()):
        assert first_gaps[gap] / 2000 == pytest.approx(chance, abs=0.035)


def test_reber_strings_belong_to_the_grammar() -> None:
    # The automaton once more, by hand from the figure of Reber (1967).
    ways = {
        0: {"B": 1},
        1: {"T": 2, "P": 3},
        2: {"S": 2, "X": 4},
        3: {"T": 3, "V": 5},
        4: {"X": 3, "S": 6},
        5: {"P": 4, "V": 6},
        6: {"E": 7},
    }
    examples = EmbeddedReber().draw(ROWS)
    assert examples.allowed is not None
    assert examples.lengths is not None
    choices = set()
    for tokens, targets, allowed, length in zip(
        examples.inputs, examples.targets, examples.allowed, examples.lengths.tolist(), strict=True
    ):
        text = "".join(SYMBOLS[token] for token in [tokens[0], *targets[:length]])
        assert text[:length] == "".join(SYMBOLS[token] for token in tokens[:length])
        assert (text[0], text[-1]) == ("B", "E")
        assert text[1] == text[-2]
        choices.add(text[1])
        node, legal = 0, ["TP"]
        for letter in text[2:-2]:
            legal.append("".join(ways[node]))
            node = ways[node][letter]
        assert node == 7
        legal += [text[1], "E"]
        found = ["".join(SYMBOLS[k] for k in step.nonzero()[:, 0]) for step in allowed[:length]]
        assert [set(one) for one in found] == [set(one) for one in legal]
    assert choices == {"T", "P"}
