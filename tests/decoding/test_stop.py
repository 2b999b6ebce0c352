from __future__ import annotations

import random

import pytest

from seqloom.decoding import StopStrings
from seqloom.errors import UsageError


def fed(strings: list[str], pieces: list[str]) -> tuple[str, bool]:
    stop = StopStrings(strings)
    return "".join(map(stop.feed, pieces)) + stop.finish(), stop.found


def first_complete(text: str, strings: list[str]) -> tuple[str, bool]:
    """The text before the string that is complete first, found by trying every end."""
    for end in range(1, len(text) + 1):
        lengths = [len(one) for one in strings if text[:end].endswith(one)]
        if lengths:
            return text[: end - max(lengths)], True
    return text, False


def test_the_cut_does_not_depend_on_where_pieces_end() -> None:
    random.seed(1)
    found = 0
    for _ in range(2000):
        text = "".join(random.choices("ab", k=random.randrange(12)))
        strings = ["".join(random.choices("ab", k=random.randrange(1, 5))) for _ in range(random.randrange(4))]
        cuts = sorted(random.choices(range(len(text) + 1), k=random.randrange(5)))
        pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        assert fed(strings, pieces) == first_complete(text, strings), (strings, pieces)
        found += first_complete(text, strings)[1]
    assert 500 < found < 1900


def test_only_what_may_begin_a_stop_string_is_held_back() -> None:
    stop = StopStrings(["\n\n", "abc"])
    assert [stop.feed(piece) for piece in ("x", "a", "b", "x", "\n", "y", "ab", "ab")] == [
        "x",
        "",
        "",
        "abx",
        "",
        "\ny",
        "",
        "ab",
    ]
    assert stop.finish() == "ab"
    assert not stop.found


def test_an_empty_string_is_refused() -> None:
    with pytest.raises(UsageError, match="stop: expected strings of at least one character"):
        StopStrings(["a", ""])
