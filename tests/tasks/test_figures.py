"""What a table of figures says in a sentence, where there is no interval."""

from __future__ import annotations

import math

import pytest

from seqloom.tasks.figures import Figures


@pytest.mark.parametrize(
    ("watched", "grows", "ours", "others", "said"),
    [
        ("exact", True, 0.4, {"a": 0.1, "b": 0.2}, "The best baseline, b, is beaten: exact 0.400, above 0.200."),
        ("word_error_rate", False, 0.4, {"a": 1.0, "b": 0.9}, "The best baseline, b, is beaten: word error rate 0.400"),
        ("exact", True, 0.1, {"a": 0.1, "b": 0.0}, "No better than the baseline a, whose exact is 0.100; that of"),
        ("loss", False, 2.0, {"a": 1.0}, "No better than the baseline a, whose loss is 1.000; that of the model is"),
        ("exact", True, 0.0, {"a": 0.0, "b": 0.0}, "Neither the model nor a baseline got one right: exact 0.000."),
        ("loss", False, 0.0, {"a": 0.0}, "No better than the baseline a"),
        ("exact", True, 0.0, {"a": math.nan}, ""),
        ("exact", True, 0.0, {}, ""),
    ],
)
def test_a_sentence_says_what_is_beaten(
    watched: str, grows: bool, ours: float, others: dict[str, float], said: str
) -> None:
    beside = {name: {watched: value} for name, value in others.items()}
    found = Figures(9, "texts", {watched: ours}, beside, watched, higher_is_better=grows).verdict()
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_all_that_is_wrong_is_said_of_errors_too() -> None:
    def figures(exact: float) -> Figures:
        values = {"word_error_rate": 1.0, "exact": exact}
        return Figures(9, "words", values, {"nothing": {"word_error_rate": 1.0, "exact": 0.0}}, "word_error_rate")

    assert figures(0.0).verdict() == "Neither the model nor a baseline got one right: word error rate 1.000."
    assert figures(0.1).verdict().startswith("No better than the baseline nothing")
