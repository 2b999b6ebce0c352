from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data import Symbols, vocabulary_from_json
from seqloom.data.text.document import text_documents
from seqloom.data.text.vocabularies.segments import LONGEST_SEGMENT
from seqloom.errors import UsageError

SYMBOL = st.text(min_size=1, max_size=9).filter(lambda text: not any(map(str.isspace, text)))


@given(st.lists(SYMBOL, unique=True))
def test_any_string_without_white_space_is_a_symbol(symbols: list[str]):
    vocabulary = Symbols(symbols)
    assert vocabulary.encode(" ".join(symbols)) == list(range(2, vocabulary.size))
    assert vocabulary.decode(range(2, vocabulary.size)) == " ".join(symbols)
    assert vocabulary_from_json(vocabulary.to_json()).fingerprint == vocabulary.fingerprint


def test_lines_come_back():
    text = "well-known NN\nB-PER <unk> don't\n\nO O"
    vocabulary = Symbols.learn(text_documents([text]))
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert vocabulary.symbols == ("\n", "O", "<unk>", "B-PER", "NN", "don't", "well-known")
    assert vocabulary.changed(text) == []


def test_other_white_space_is_said_to_change():
    vocabulary = Symbols(["a", "b", "\n"])
    text = "\ta  b \n b\u00a0a a "
    assert vocabulary.changed(text) == ["\ta", "  b", " \n", " b", "\u00a0a", " "]
    assert vocabulary.decode(vocabulary.encode(text)) == "a b\nb a a"


def test_long_rows_of_symbols_are_not_cut_inside_one():
    text = "\t".join(["B-LOCATION"] * 1000)
    vocabulary = Symbols(["B-LOCATION"])
    assert vocabulary.encode(text) == [2] * 1000
    assert vocabulary.unknown(text) == []


def test_a_symbol_longer_than_what_is_held():
    vocabulary = Symbols(["x" * LONGEST_SEGMENT, "x"])
    assert vocabulary.encode("x" * (LONGEST_SEGMENT + 1)) == [2, 3]


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        (["a b"], "without white space, found 'a b'"),
        ([""], "found ''"),
        (["a\n"], r"found 'a\\n'"),
        (["a", "a"], "'a' is there twice"),
    ],
)
def test_refused(symbols: list[str], message: str):
    with pytest.raises(UsageError, match=message):
        Symbols(symbols)
