"""What holds for every kind of vocabulary."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data import (
    BytePairs,
    Bytes,
    Characters,
    Symbols,
    Vocabulary,
    Words,
    learn_vocabulary,
    vocabulary_from_json,
)
from seqloom.data.text.document import Piece, text_documents
from seqloom.data.text.vocabularies.choice import Tokens
from seqloom.data.text.vocabularies.legacy_words import LegacyWords
from seqloom.data.text.vocabularies.segments import LONGEST_SEGMENT, Segmenter
from seqloom.errors import DataError, MissingExtraError, ModelFileError, UsageError

TEXT = "He said: \"Don't stop (it's 3.5 km)!\"\nWell-known — naïve café, 日本語 😀.\n\n\tA <eos>  <unk> tab " * 3
KINDS = {
    "characters": learn_vocabulary(Tokens.CHARACTERS, text_documents([TEXT])),
    "bytes": learn_vocabulary(Tokens.BYTES, text_documents([TEXT])),
    "words": learn_vocabulary(Tokens.WORDS, text_documents([TEXT])),
    "bpe": learn_vocabulary(Tokens.BPE, text_documents([TEXT]), maximum_size=300),
    "symbols": learn_vocabulary(Tokens.SYMBOLS, text_documents([TEXT])),
    "words without a rule": LegacyWords(["He", "said", ":", '"', "Don't", "naïve", "\n", "日本語", "<"]),
}
EVERY = pytest.mark.parametrize("vocabulary", KINDS.values(), ids=KINDS)
CHUNKS = st.lists(
    st.one_of(st.text(max_size=8), st.sampled_from([" ", "\n", "é", "don't ", "3.", "5", "\x1c", "\u200b"]))
)


@EVERY
@given(chunks=CHUNKS)
def test_ids_do_not_depend_on_chunks(vocabulary: Vocabulary, chunks: list[str]):
    encoder = vocabulary.encoder()
    ids = [i for chunk in chunks for i in encoder.feed(chunk)] + encoder.finish()
    assert ids == vocabulary.encode("".join(chunks))
    assert all(0 <= i < vocabulary.size and i != vocabulary.eos for i in ids)


@EVERY
@given(chunks=st.lists(st.tuples(st.text("ab é\n", max_size=5), st.booleans())))
def test_feed_pieces_is_feed_and_finish(vocabulary: Vocabulary, chunks: list[tuple[str, bool]]):
    pieces = [Piece(*chunk) for chunk in chunks]
    expected: list[int] = []
    slow, fast = vocabulary.encoder(), vocabulary.encoder()
    for text, ends in pieces:
        expected += slow.feed(text)
        if ends:
            expected += [*slow.finish(), vocabulary.eos]
    assert fast.feed_pieces(pieces, vocabulary.eos).ids.tolist() == expected
    assert fast.finish() == slow.finish()


@EVERY
@given(chunks=st.lists(st.tuples(st.text(max_size=9), st.booleans())))
def test_every_character_is_counted_once(vocabulary: Vocabulary, chunks: list[tuple[str, bool]]):
    """Up to each ``<eos>``, the characters of the ids are those of the documents."""
    pieces = [Piece(*chunk) for chunk in [*chunks, ("", True)]]
    ids, characters = vocabulary.encoder().feed_pieces(pieces, vocabulary.eos)
    table = vocabulary.characters_per_token()
    assert (characters is None) == (table is not None)
    counts = characters if characters is not None else table[ids]
    assert counts.shape == ids.shape
    ends = [number for number, piece in enumerate(pieces, 1) if piece.ends]
    assert counts.cumsum()[ids == vocabulary.eos].tolist() == [sum(len(p.text) for p in pieces[:n]) for n in ends]


def test_white_space_before_a_symbol_is_counted_to_it():
    encoded = Symbols(["a", "b"]).encoder().feed_pieces([Piece("a  b ", True), Piece("b", True)], 0)
    assert encoded.ids.tolist() == [2, 3, 0, 3, 0]
    assert encoded.characters is not None
    assert encoded.characters.tolist() == [1, 3, 1, 1, 0]


def test_more_characters_than_one_count_holds():
    """What is over goes to the next ids, also beyond the end of a document."""
    pieces = [Piece(" " * 200_000 + "a", True), Piece("b" + " " * 70_000, True), Piece("a b", True)]
    characters = Symbols(["a", "b"]).encoder().feed_pieces(pieces, 0).characters
    assert characters is not None
    assert characters.dtype == np.uint16
    assert characters.tolist() == [65_535, 65_535, 65_535, 65_535, 7863, 2, 0]


def test_byte_pairs_of_more_than_255_characters():
    text = "日本" * 200
    vocabulary = BytePairs.learn(text_documents([text] * 5), maximum_size=2000)
    lengths = vocabulary.characters_per_token()
    assert lengths is not None
    assert lengths.max() == 400
    assert lengths[vocabulary.encode(text)].sum() == 400


@EVERY
def test_long_runs_without_space(vocabulary: Vocabulary):
    text = "né" * 5000 + " " * 9000 + "x" * 5000
    encoder = vocabulary.encoder()
    ids = [i for start in range(0, len(text), 777) for i in encoder.feed(text[start : start + 777])]
    assert ids + encoder.finish() == vocabulary.encode(text)


@pytest.mark.parametrize("kind", ["characters", "bytes", "bpe", "words"])
def test_text_comes_back(kind: str):
    vocabulary = KINDS[kind]
    ids = vocabulary.encode(TEXT)
    assert vocabulary.changed(TEXT) == []
    assert vocabulary.decode(ids) == TEXT
    assert vocabulary.decode([vocabulary.eos, *ids, vocabulary.eos]) == TEXT


@pytest.mark.parametrize("kind", ["bytes", "bpe"])
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back(kind: str, text: str):
    assert KINDS[kind].decode(KINDS[kind].encode(text)) == text
    assert KINDS[kind].unknown(text) == []


@EVERY
@given(data=st.data())
def test_streamed_decoding_is_decoding(vocabulary: Vocabulary, data: st.DataObject):
    ids = data.draw(st.lists(st.integers(0, vocabulary.size - 1)))
    decoder = vocabulary.decoder()
    assert "".join(decoder.feed(i) for i in ids) + decoder.finish() == vocabulary.decode(ids)


@EVERY
def test_json_round_trip(vocabulary: Vocabulary):
    again = vocabulary_from_json(json.loads(json.dumps(vocabulary.to_json())))
    assert type(again) is type(vocabulary)
    assert again.encode(TEXT) == vocabulary.encode(TEXT)
    assert (again.size, again.eos, again.unk) == (vocabulary.size, vocabulary.eos, vocabulary.unk)
    assert again.fingerprint == vocabulary.fingerprint
    assert [again.piece(i) for i in range(again.size)] == [vocabulary.piece(i) for i in range(again.size)]


@EVERY
def test_special_tokens(vocabulary: Vocabulary):
    assert vocabulary.piece(vocabulary.eos) == "<eos>"
    assert vocabulary.eos not in vocabulary.encode("<eos>")
    assert vocabulary.encode("") == []
    assert vocabulary.decode([]) == ""
    assert len(vocabulary) == vocabulary.size
    if vocabulary.unk is not None:
        assert vocabulary.piece(vocabulary.unk) == "<unk>"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "expected a JSON object"),
        ({}, "Unknown kind"),
        ({"kind": "syllables"}, "'syllables'.*characters, bytes, words, bpe, symbols.*newer"),
        ({"kind": ["characters"]}, "Unknown kind"),
        ({"kind": "characters"}, "list of strings under 'tokens'"),
        ({"kind": "characters", "tokens": ["a", 1]}, "list of strings"),
        ({"kind": "characters", "tokens": ["a", "a"]}, "twice"),
        ({"kind": "characters", "tokens": ["ab"]}, "single characters, found 'ab'"),
        ({"kind": "characters", "tokens": [""]}, "single characters"),
        ({"kind": "characters", "tokens": ["a"] * ((1 << 20) + 1)}, "at most 1,048,576"),
        ({"kind": "words", "tokens": ["two words"]}, "single words, found 'two words'"),
        ({"kind": "words", "rule": 2, "tokens": ["two words"]}, "Damaged vocabulary.*single words, found 'two words'"),
        ({"kind": "words", "rule": 2, "tokens": ["a", "a"]}, "twice"),
        ({"kind": "words", "rule": 3, "tokens": ["a"]}, "rule 3: expected 2.*newer"),
        ({"kind": "symbols", "tokens": ["two words"]}, "without white space, found 'two words'"),
        ({"kind": "bpe", "tokens": ["a"], "merges": []}, "byte is missing"),
        ({"kind": "bpe", "tokens": ["a"], "merges": ["a"]}, "joins two"),
    ],
)
def test_damaged_json(data: object, message: str):
    with pytest.raises(ModelFileError, match=message):
        vocabulary_from_json(data)


def test_damaged_byte_pairs():
    data = KINDS["bpe"].to_json()
    with pytest.raises(ModelFileError, match="names no token"):
        vocabulary_from_json(data | {"merges": ["a", "zzzq b"][1:]})
    with pytest.raises(ModelFileError, match="byte alphabet"):
        vocabulary_from_json(data | {"tokens": [*data["tokens"], "日"]})
    with pytest.raises(ModelFileError, match="byte alphabet"):
        vocabulary_from_json(data | {"tokens": [*data["tokens"], ""]})


def test_wrong_sizes():
    for tokens, count, size, message in [
        (Tokens.WORDS, 0, None, "minimum_count"),
        (Tokens.WORDS, 1, 2, "maximum_size"),
    ]:
        with pytest.raises(UsageError, match=message):
            learn_vocabulary(tokens, [], count, size)
    with pytest.raises(DataError, match="Vocabulary too large: at least 6 different characters, at most 5"):
        learn_vocabulary(Tokens.CHARACTERS, text_documents(["abcd"]), maximum_size=5)
    with pytest.raises(DataError, match="Vocabulary too large"):
        learn_vocabulary(Tokens.WORDS, text_documents(["a"]), maximum_size=1 << 21)
    with pytest.raises(DataError, match="at least 257"):
        learn_vocabulary(Tokens.BPE, text_documents(["a"]), maximum_size=100)


def test_too_many_words(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("seqloom.data.text.vocabularies.frequent._MOST_DIFFERENT", 10)
    with pytest.raises(DataError, match="Vocabulary too large: at least 11 different tokens"):
        Words.learn(text_documents([" ".join("abcdefghij")]))


def test_learning_does_not_join_documents():
    assert Words.learn([Piece("ab", True), Piece("cd", True)]).words == ("ab", "cd")
    assert Words.learn([Piece("ab", False), Piece("cd", True)]).words == ("abcd",)


def test_minimum_count_and_maximum_size():
    text = "a a a b b c"
    assert Words.learn(text_documents([text]), minimum_count=2).words == ("a", "b")
    assert Words.learn(text_documents([text]), maximum_size=5).words == ("a",)
    assert Symbols.learn(text_documents([text]), maximum_size=3).symbols == ("a",)
    assert Characters.learn(text_documents([text]), minimum_count=3).characters == (" ", "a")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Characters(["a", "ab"]), "single characters, found 'ab'"),
        (lambda: Characters("aa"), "'a' is there twice"),
        (lambda: Words(["a", "b", "a"]), "'a' is there twice"),
        (lambda: Symbols(["a", "a"]), "'a' is there twice"),
        (lambda: LegacyWords(["a", "a"]), "'a' is there twice"),
        (lambda: BytePairs([*KINDS["bpe"].to_json()["tokens"], "a"], []), "'a' is there twice"),
        (lambda: BytePairs(["a"], []), "a byte is missing"),
        (lambda: BytePairs(KINDS["bpe"].to_json()["tokens"], [("a", "b")] * 2), "a merge is there twice"),
    ],
)
def test_lists_that_are_no_vocabulary(make: Callable[[], Vocabulary], message: str):
    with pytest.raises(UsageError, match=message):
        make()


def test_what_changes_is_said():
    assert Characters("abc").changed("xaybx") == ["x", "y"]
    assert Words(["a", "b"]).changed("b cat  a") == [" cat", "  "]
    assert Bytes().changed("a\ud800b") == KINDS["bpe"].changed("a\ud800b") == ["\ud800"]


def test_unknown():
    assert Characters("abc").unknown("xaybx") == ["x", "y"]
    assert Words(["a", "b"]).unknown("b cat a dog cat.") == ["cat", "dog", "."]
    assert Characters("abc").decode([1, 2]) == "\N{REPLACEMENT CHARACTER}a"
    assert Characters("abc").encode("\ud800") == [1]


def test_bytes():
    vocabulary = Bytes()
    assert vocabulary.unk is None
    assert vocabulary.decode([0xC3, 0xA9, 0xC3]) == "é\N{REPLACEMENT CHARACTER}"
    assert [vocabulary.piece(i) for i in (65, 0xC3)] == ["A", "\\xc3"]
    decoder = vocabulary.decoder()
    assert [decoder.feed(i) for i in (0xC3, 0xA9, 0xE2, 256, 65)] == ["", "é", "", "\N{REPLACEMENT CHARACTER}", "A"]


def test_byte_pairs_learn_merges():
    vocabulary = BytePairs.learn(text_documents(["low lower lowest " * 20]), maximum_size=262)
    assert vocabulary.size <= 262
    assert len(vocabulary.encode("low low")) < 7
    assert vocabulary.eos == vocabulary.size - 1


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'seqloom\[bpe\]'"):
        BytePairs.learn(text_documents(["a"]))


def test_the_extra_is_imported_late():
    code = "import seqloom.data, sys; sys.exit('tokenizers' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@given(st.lists(st.text("a \n\t", max_size=30), max_size=6))
def test_segments_hold_the_text(chunks: list[str]):
    segmenter = Segmenter()
    segments = [segment for chunk in chunks for segment in segmenter.feed(chunk)] + list(segmenter.finish())
    assert "".join(segments) == "".join(chunks)
    assert list(segmenter.finish()) == []


def test_segments_are_bounded():
    segmenter = Segmenter()
    segments = [segment for _ in range(100) for segment in segmenter.feed("x" * 1000)]
    assert max(map(len, segments)) == LONGEST_SEGMENT
    assert sum(map(len, segments)) > 100_000 - LONGEST_SEGMENT - 1
