from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.text.vocabularies.spacing import Kind, Spacing, kind_of


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.WORD, ["a", "3.5", "हिन्दी", "ᎠᏫ", "한국", "_"]),
        (Kind.CLOSES, [*".,;:!?%)]}…»”’", "،", "؟", "।", "։", "።", "٪"]),
        (Kind.OPENS, [*"([{«“‘#$£€@", "„", "₹", "¿"]),
        (Kind.PICTURE, ["😀", "👩‍🚀", "🇩🇪"]),
        (
            Kind.TIGHT,
            [*"-–—/\\~=+*&|<>^", " ", "  ", "\t", "\u00a0", "\u200b", "日", "カメラ", "。", "（", "ก", "ກ", "ក", "က"],
        ),
        (Kind.TIGHT, ["་", "־"]),
        (Kind.LINE, ["\n", "\r\n", "\u2028"]),
    ],
)
def test_kinds(kind: Kind, words: list[str]):
    assert {word: kind_of(word) for word in words} == dict.fromkeys(words, kind)


@given(st.lists(st.lists(st.sampled_from(Kind), max_size=9)))
def test_many_at_once_are_one_after_the_other(lists: list[list[Kind]]):
    at_once, one_by_one = Spacing(), Spacing()
    for kinds in lists:
        spaces = at_once.before_each(np.array(kinds, np.uint8))
        assert spaces.tolist() == [one_by_one.before(kind) for kind in kinds]


def test_a_straight_quote_opens_and_closes_in_turn():
    spacing = Spacing()
    word, quote, line = Kind.WORD, Kind.DOUBLE_QUOTE, Kind.LINE
    kinds = [quote, word, quote, word, quote, line, quote, word]
    assert [spacing.before(kind) for kind in kinds] == [False, False, False, True, True, False, False, False]
