"""What units track, asked of a trained estimator: on a planted unit, on labels, and where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqloom import Classifier, Tagger
from seqloom.data.batch import IGNORED, Batch
from seqloom.errors import UsageError
from seqloom.inspection.report import Table, page
from seqloom.tasks.inspecting.subject import Asked, Subject
from seqloom.tasks.inspecting.units import section, units_of
from tests.inspection.units.test_units import LETTERS, UNIT, bracketed, encoded, planted

BRIEF = {"epochs": 1, "device": "cpu"}
TEXTS = ["a red cat", "the blue dog", "one cat", "a big blue cat and a dog"] * 8


def planted_subject(rows: int = 8, steps: int = 48) -> Subject:
    """Windows of brackets, which unit 7 tracks and the head reads."""
    x = encoded(bracketed(rows * steps))[:, : rows * steps].reshape(rows, steps)
    targets = torch.full_like(x, IGNORED)

    def pieces(row: int) -> list[str]:
        return [LETTERS[token] for token in x[row].tolist()]

    return Subject(planted(), [Batch({"x": x}, targets)], pieces, Asked.of(LETTERS))


def test_a_planted_unit_is_found_said_and_drawn() -> None:
    found = units_of(planted_subject())
    assert found is not None
    assert [one.pattern for one in found.tracked] == ["in brackets"]
    (best,) = found.tracked
    assert best.units.best[0].units == (UNIT,)
    assert best.units.best[0].area >= 0.95
    assert best.without_unit is not None
    assert best.without_unit.used
    assert best.without_unit.cost > 0.1
    assert dict(best.without_unit.shifts)["b"] > 0 > dict(best.without_unit.shifts)["a"]
    assert len(found.pieces) == len(found.values) == len(found.marked) == 36
    assert ((found.values > 0) == found.marked).mean() > 0.9
    said = section(found, "seqloom inspect x")
    assert "Best tracked is 'in brackets': unit 7" in said.says[0]
    assert "it is used" in said.says[1]
    table = next(one for one in said.shown if isinstance(one, Table))
    assert table.rows[0][2] == str(UNIT)
    assert {len(row) for row in table.rows} == {len(table.head)}
    assert "overline" in page("it", [said])


def test_a_regular_expression_is_looked_for_alone() -> None:
    found = units_of(planted_subject(), "a+")
    assert found is not None
    assert [one.pattern for one in found.tracked] == ["'a+'"]
    with pytest.raises(UsageError, match="nowhere"):
        units_of(planted_subject(), "z")
    with pytest.raises(UsageError, match="no regular expression"):
        units_of(planted_subject(), "(")


def test_labels_of_steps_are_looked_for_in_layers_that_read_both_ways() -> None:
    tags = [["C" if word == "cat" else "W" for word in text.split()] for text in TEXTS]
    words = [text.split() for text in TEXTS]
    model = Tagger("lstm(4) bidirectional", training=BRIEF).fit(words, tags, validation=0.0, progress=False)
    found = units_of(model.subject(words, tags))
    assert found is not None
    assert {one.pattern for one in found.tracked} == {"C", "W"}
    assert found.tracked[0].units.tried == 16, "cells and outputs, forwards and back"
    assert found.tracked[0].without_unit is None
    spelt = units_of(model.subject(words), "ca")
    assert spelt is not None
    assert [*spelt.pieces] in words


def test_numbers_have_no_patterns() -> None:
    series = [np.random.default_rng(seed).normal(size=(9, 2)).astype(np.float32) for seed in range(8)]
    model = Classifier("lstm(4)", training=BRIEF).fit(series, ["x", "y"] * 4, validation=0.0, progress=False)
    assert units_of(model.subject(series, ["x", "y"] * 4)) is None
