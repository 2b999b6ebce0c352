"""Vocabularies of words that were saved without a rule encode and decode as they always did."""

from __future__ import annotations

import json

import pytest

from seqloom.data import Vocabulary, Words, vocabulary_from_json
from seqloom.data.text.vocabularies.legacy_words import LegacyWords

TOKENS = [",", "'", '"', "(", ")", "Don't", "3.5", "-", "known", "well", "\n", "न", "ह", "\u093f"]
SAVED = json.dumps({"kind": "words", "tokens": TOKENS})


@pytest.fixture
def vocabulary() -> Vocabulary:
    return vocabulary_from_json(json.loads(SAVED))


def test_it_is_known_by_what_it_lacks(vocabulary: Vocabulary):
    assert isinstance(vocabulary, LegacyWords)
    assert isinstance(vocabulary_from_json(Words(["a"]).to_json()), Words)
    assert vocabulary.to_json() == json.loads(SAVED)


def test_fingerprint(vocabulary: Vocabulary):
    assert vocabulary.fingerprint == "d70b0e9c01c95e552dad4be914f409cf3329c5f35eef6cf3aa36130e6b786a2f"


def test_ids_and_text(vocabulary: Vocabulary):
    ids = vocabulary.encode('Don\'t  well-known (3.5) "known"\nहिन well')
    assert ids == [7, 11, 9, 10, 5, 8, 6, 4, 10, 4, 12, 14, 15, 13, 11]
    assert vocabulary.decode(ids) == 'Don\'t well-known (3.5) "known"\nह ि न well'


def test_long_runs_are_cut_as_ever(vocabulary: Vocabulary):
    assert vocabulary.encode("'" * 4095 + "well") == [3] * 4095 + [1, 1]
    assert vocabulary.unknown("'" * 4095 + "well") == ["w", "ell"]


def test_what_changes(vocabulary: Vocabulary):
    assert vocabulary.changed("well  known, Don't cake ") == ["  known", " cake", " "]
