"""Options of cells that are one of a few words."""

from __future__ import annotations

from dataclasses import fields

import pytest

from seqloom import cells
from seqloom.cells import Cell
from seqloom.choice import Choice
from seqloom.errors import UsageError

CHOICES = [
    (kind, field.name, type(field.default))
    for kind in vars(cells).values()
    if isinstance(kind, type) and issubclass(kind, Cell) and kind is not Cell
    for field in fields(kind)
    if isinstance(field.default, Choice)
]


def test_there_are_some() -> None:
    assert len(CHOICES) >= 6


@pytest.mark.parametrize(("kind", "name", "choice"), CHOICES)
def test_a_word_is_taken_and_a_wrong_one_named(kind: type[Cell], name: str, choice: type[Choice]) -> None:
    for word in choice:
        assert getattr(kind(**{name: word.value}), name) is word
    first = next(iter(choice)).value
    with pytest.raises(UsageError, match=rf"{choice.__name__} is .*; got '{first}x'\. Did you mean '{first}'\?"):
        kind(**{name: f"{first}x"})
