"""What each kind of value takes and refuses, of Python, of numpy and of text."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from seqloom.errors import UsageError
from seqloom.settings import (
    COUNT,
    LARGEST,
    POSITIVE,
    SHARE,
    Either,
    Kind,
    Number,
    OneOf,
    Range,
    Switch,
    Text,
    Whole,
    read,
    take,
)

TAKEN: list[tuple[Kind, Any, Any]] = [
    (Whole(COUNT), 3, 3),
    (Whole(COUNT), np.int64(3), 3),
    (Whole(COUNT), np.uint8(3), 3),
    (Whole(), LARGEST, LARGEST),
    (Number(SHARE), 0, 0),
    (Number(SHARE), np.float32(0.5), 0.5),
    (Number(SHARE), np.float64(0.5), 0.5),
    (Number(POSITIVE), np.int64(2), 2.0),
    (Number(SHARE), Fraction(1, 4), 0.25),
    (Switch(), True, True),
    (OneOf(("a", "b")), "b", "b"),
    (Text(), "x", "x"),
    (Either((Whole(), OneOf(("one-hot",)))), np.int32(3), 3),
]
REFUSED: list[tuple[Kind, Any]] = [
    *((Whole(COUNT), value) for value in (0, True, np.True_, "3", 3.0, np.float64(3), None, [], LARGEST + 1)),
    *((Number(SHARE), value) for value in (1, -0.1, math.nan, True, np.True_, "0.5", None, np.float32("nan"), 1j)),
    *((Number(POSITIVE), value) for value in (0, math.inf, -math.inf, 10**400, Decimal(1), np.array([1.0]))),
    *((Switch(), value) for value in (0, 1, "true", None, np.True_)),
    *((OneOf(("a", "b")), value) for value in ("c", 1, None, ["a"])),
    *((Text(), value) for value in ("", " ", 1, None)),
    *((Either((Whole(), OneOf(("one-hot",)))), value) for value in ("two-hot", 1.5, True)),
]


@pytest.mark.parametrize(("kind", "value", "final"), TAKEN)
def test_values_are_taken_in_their_final_types(kind: Kind, value: Any, final: Any) -> None:
    taken = kind.take(value)
    assert taken == final
    assert type(taken) is type(final)


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_values_that_are_none_of_a_kind_are_refused(kind: Kind, value: Any) -> None:
    with pytest.raises(UsageError) as caught:
        take("here", kind, value)
    assert str(caught.value).startswith(f"here: expected {kind.expected[0]}")
    assert f"got {value!r}." in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [(Whole(), "12", 12), (Number(), "1e-3", 0.001), (Number(), "2", 2.0), (OneOf(("a",)), "a", "a"),
     (Text(), "12", "12"), (Either((Whole(), OneOf(("one-hot",)))), "64", 64)],
)  # fmt: skip
def test_text_is_read(kind: Kind, text: str, value: Any) -> None:
    assert read("--it", kind, text) == value


def test_what_is_read_is_never_none() -> None:
    with pytest.raises(UsageError, match="--it: expected a whole number of at least 1, got None"):
        read("--it", Whole(COUNT), None)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Whole(COUNT), "expected a whole number of at least 1 or None, got 'x'."),
        (Whole(), "expected a whole number or None, got 'x'."),
        (Switch(), "expected true, false or None, got 'x'."),
        (Number(Range(below=2)), "expected a number below 2 or None, got 'x'."),
        (Number(Range(above=0, most=2)), "expected a number above 0 and at most 2 or None, got 'x'."),
        (Whole(Range(least=0, below=2**63)), "expected a whole number from 0 to below 2^63 or None, got 'x'."),
    ],
)
def test_errors_say_what_was_expected(kind: Kind, expected: str) -> None:
    assert take("it", kind, None, optional=True) is None
    with pytest.raises(UsageError) as caught:
        take("it", kind, "x", optional=True)
    assert str(caught.value) == f"it: {expected}"
