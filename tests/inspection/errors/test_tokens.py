"""What tokens are, and who would have known them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqloom.inspection.errors.tokens import (
    DIGIT,
    KNOWN_BETTER,
    KNOWN_TOO,
    LETTER,
    MARK,
    MEMORY,
    NOBODY,
    PUNCTUATION,
    RARE_WORD,
    SPACE,
    START,
    kinds_of_tokens,
    knowers_of_tokens,
    words_of_tokens,
)

KNOWN, UNKNOWN = math.log(2) - 0.01, math.log(2) + 0.01


@pytest.mark.parametrize(
    ("nats", "ngrams", "rare", "knower"),
    [
        (KNOWN, [9.0, KNOWN], False, KNOWN_TOO),
        (KNOWN, [9.0, KNOWN], True, KNOWN_TOO),
        (UNKNOWN, [9.0, KNOWN], True, KNOWN_BETTER),
        (KNOWN, [9.0, UNKNOWN], True, MEMORY),
        (3.0, [9.0, 3.1], False, MEMORY),
        (3.0, [9.0, 3.1], True, RARE_WORD),
        (3.0, [9.0, 2.9], True, RARE_WORD),
        (3.0, [9.0, 2.9], False, NOBODY),
    ],
)
def test_who_knew(nats: float, ngrams: list[float], rare: bool, knower: str) -> None:
    assert knowers_of_tokens([nats], np.array(ngrams)[:, None], [rare]) == [knower]


@pytest.mark.parametrize(
    ("pieces", "kinds"),
    [
        (list("é7"), [START, DIGIT]),
        (list("don't"), [START, LETTER, LETTER, PUNCTUATION, LETTER]),
        (list("7th"), [DIGIT, LETTER, LETTER]),
        (["\n", " ", " cat", "s", " 42", "!?"], [SPACE, SPACE, START, LETTER, DIGIT, PUNCTUATION]),
        (["a", "<unk>", "b", "<", "eos"], [START, MARK, START, PUNCTUATION, START]),
        ([], []),
    ],
)
def test_kinds(pieces: list[str], kinds: list[str]) -> None:
    assert kinds_of_tokens(pieces) == kinds


def test_words_are_numbered() -> None:
    assert words_of_tokens([LETTER, SPACE, START, LETTER, PUNCTUATION, START]).tolist() == [-1, -1, 0, 0, -1, 1]
