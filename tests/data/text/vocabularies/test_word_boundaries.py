from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.text.vocabularies.word_boundaries import split_words, sure_boundary

CASES = (Path(__file__).parent / "unicode" / "WordBreakTest.txt").read_text(encoding="utf-8").splitlines()[1:]
NO_PICTURE_SINCE_17 = "2701"
"""UPPER BLADE SCISSORS lost the property Extended_Pictographic in Unicode 17; the cases are those of 15."""
JOINING = st.text(st.sampled_from("a1א'\".,:_ \n\u0308\u200d\u00ad😀🇩\u3000\t日กカ"))


def words_of(case: str) -> list[str]:
    parts = [part.replace("×", "").split() for part in case.strip("÷ ").split("÷")]
    return ["".join(chr(int(point, 16)) for point in part) for part in parts]


def test_unicodes_own_cases():
    cases = [case for case in CASES if f"200D × {NO_PICTURE_SINCE_17}" not in case]
    assert len(cases) == 1821
    wrong = [case for case in cases if split_words("".join(words_of(case))) != words_of(case)]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("don't pay 3.5, O'Neil", "don't| |pay| |3.5|,| |O'Neil"),
        ("well-known\r\n\ta_b", "well|-|known|\r\n|\t|a_b"),
        ("हिन्दी में", "हिन्दी| |में"),
        ("ที่นี่ ไทย", "ที่|นี่| |ไ|ท|ย"),
        ("தமிழ் மொழி", "தமிழ்| |மொழி"),
        ("שָׁלוֹם עֲלֵיכֶם", "שָׁלוֹם| |עֲלֵיכֶם"),
        ("السَّلَامُ عَلَيْكُمْ", "السَّلَامُ| |عَلَيْكُمْ"),
        ("cafe\u0301 nai\u0308ve", "cafe\u0301| |nai\u0308ve"),
        ("👩‍👩‍👧👍🏽🇩🇪🇫🇷", "👩‍👩‍👧|👍🏽|🇩🇪|🇫🇷"),
        ("私はカメラ", "私|は|カメラ"),
        ("a  b\u00a0c", "a|  |b|\u00a0|c"),
    ],
)
def test_words(text: str, words: str):
    assert split_words(text) == words.split("|")


@given(st.text())
def test_every_character_is_in_a_word(text: str):
    assert "".join(split_words(text)) == text


@given(JOINING, JOINING)
def test_nothing_later_moves_a_sure_boundary(text: str, later: str):
    place = sure_boundary(text)
    before, after = text[:place], text[place:] + later
    if place < len(text):
        assert split_words(before) + split_words(after) == split_words(text + later)
