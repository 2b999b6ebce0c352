from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data import Words
from seqloom.data.document import text_documents
from seqloom.data.words import split_words

CASES = [
    "I like pizza. I like cake.",
    "He said: \"Don't stop (it's 3.5 km)!\" Then left.",
    "First Citizen:\nBefore we proceed, hear me speak.\n\nAll:\nSpeak!",
    "a well-known and/or 'quoted' word",
    "O, 'tis true; what ho?",
]


@pytest.mark.parametrize("text", CASES)
def test_english_comes_back(text: str):
    vocabulary = Words.learn(text_documents([text]))
    assert vocabulary.decode(vocabulary.encode(text)) == text


@given(st.text(st.sampled_from("ab1é'’\"`.,;:-–(){}[]“”‘?!$€@#/\\ \n\t_%&*日")))
def test_words_survive_decoding(text: str):
    """What is printed reads as the same words again."""
    vocabulary = Words.learn(text_documents([text]))
    ids = vocabulary.encode(text)
    assert vocabulary.encode(vocabulary.decode(ids)) == ids


@given(st.text())
def test_every_visible_character_is_in_a_word(text: str):
    assert "".join(split_words(text)) == "".join(c for c in text if c == "\n" or not c.isspace())


def test_eos_begins_anew():
    vocabulary = Words(["a", '"'])
    assert vocabulary.decode([2, 3, 0, 2, 3, 2, 3]) == 'a "a "a"'
