from __future__ import annotations

import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seqloom.data import Symbols, Vocabulary, Words
from seqloom.data.text.document import Piece, text_documents
from seqloom.data.text.vocabularies.segments import LONGEST_SEGMENT
from seqloom.data.text.vocabularies.word_boundaries import split_words
from seqloom.errors import UsageError

ENGLISH = [
    "I like pizza. I like cake.",
    "He said: \"Don't stop (it's 3.5 km)!\" Then left.",
    "First Citizen:\nBefore we proceed, hear me speak.\n\nAll:\nSpeak!",
    "a well-known and/or 'quoted' word",
    "O, what ho? “Nothing,” she said—and left… $5 is 100% more.",
]
OTHERS = [
    "मैं हिन्दी बोलता हूँ। और आप?",
    "ผมรักภาษาไทย",
    "我们在学校学习中文，对吧？“是的。”",
    "私は東京でラーメンを食べます。",
    "Hello 😀👩‍🚀👍🏽🇩🇪 world",
    "قال: «السَّلَامُ عَلَيْكُمْ»، ثم ذهب؟",
    "བོད་ཡིག་ཨིན།",
]
ROWS = (Path(__file__).parent / "unicode" / "sentences.tsv").read_text(encoding="utf-8").splitlines()
SENTENCES = {script: text for script, _, text in (row.split("\t") for row in ROWS)}
WHITE_SPACE = " \t\n\r\x0b\x0c\x1c\x85\xa0\u1680\u2003\u2028\u202f\u3000\u200b\ufeff"
TEXT = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(WHITE_SPACE + " a1'\".,-(日ก😀\u0301\u200d"))
)


def learned(text: str) -> Words:
    return Words.learn(text_documents([text]))


def in_chunks(vocabulary: Vocabulary, text: str, seed: int) -> list[int]:
    """The ids of a text that comes in chunks of random sizes."""
    draw, encoder = random.Random(seed), vocabulary.encoder()
    ids: list[int] = []
    while text:
        size = draw.choice([1, 2, 7, 40])
        ids += encoder.feed(text[:size])
        text = text[size:]
    return ids + encoder.finish()


def test_thirty_scripts_are_there():
    assert len(SENTENCES) >= 30


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKD"])
@pytest.mark.parametrize("script", SENTENCES)
def test_every_script_comes_back(script: str, form: str):
    text = unicodedata.normalize(form, SENTENCES[script])
    vocabulary = learned(text)
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text
    assert vocabulary.unk not in ids
    assert vocabulary.changed(text) == vocabulary.unknown(text) == []
    for seed in range(5):
        assert in_chunks(vocabulary, text, seed) == ids


@pytest.mark.parametrize("script", SENTENCES)
def test_marks_stay_with_their_letters(script: str):
    text = unicodedata.normalize("NFD", SENTENCES[script])
    words = learned(text).words
    assert [word for word in words if unicodedata.category(word[0]).startswith("M")] == []


@given(TEXT)
def test_any_text_comes_back(text: str):
    vocabulary = learned(text)
    ids, characters = vocabulary.encoder().feed_pieces([Piece(text, True)], vocabulary.eos)
    assert vocabulary.decode(ids) == text
    assert vocabulary.changed(text) == []
    assert characters is not None
    assert characters.sum() == len(text)
    assert in_chunks(vocabulary, text, len(text)) == ids[:-1].tolist()


@example([], " \u0300")
@given(st.lists(TEXT), TEXT)
def test_all_but_the_unknown_comes_back(known: list[str], text: str):
    """Each id writes the characters that it stands for, or is ``<unk>``."""
    vocabulary = Words.learn(text_documents(known))
    ids, characters = vocabulary.encoder().feed_pieces([Piece(text, True)], vocabulary.eos)
    assert characters is not None
    decoder, start = vocabulary.decoder(), 0
    unknown = {"", *(word.strip(" ") for word in vocabulary.unknown(text))}  # a mark may stand on a space
    for token, count in zip(ids.tolist(), characters.tolist(), strict=True):
        piece, part = decoder.feed(token), text[start : start + count]
        assert piece == part or (token == vocabulary.unk and part.strip(" ") in unknown)
        start += count
    assert start == len(text)


@pytest.mark.parametrize("text", ENGLISH + OTHERS)
def test_ordinary_prose_has_no_further_tokens(text: str):
    vocabulary = learned(text)
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text
    assert [i for i in ids if i in (vocabulary.joined, vocabulary.space)] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a - b", ["a", " ", "-", " ", "b"]),
        ("x(y)z", ["x", "<joined>", "(", "y", ")", "<joined>", "z"]),
        (" a ", [" ", "a", " "]),
        ("a  b\tc\xa0d", ["a", "  ", "b", "\t", "c", "\xa0", "d"]),
        ('"a" "', ['"', "a", '"', '"']),
        ('a" b', ["a", "<joined>", '"', " ", "b"]),
        ("日本 語", ["日", "本", " ", "語"]),
        ("日本Python", ["日", "本", "Python"]),
        ("hi😀 😀", ["hi", "<joined>", "😀", " ", "😀"]),
        ("‘tis the end .", ["‘", "tis", "the", "end", " ", "."]),
    ],
)
def test_what_differs_from_the_rule_is_a_token(text: str, names: list[str]):
    vocabulary = learned(text)
    ids = vocabulary.encode(text)
    assert [vocabulary.piece(i) for i in ids] == names
    assert vocabulary.decode(ids) == text


@given(TEXT)
def test_what_is_printed_reads_as_the_same_words(text: str):
    vocabulary = learned(text)
    ids = vocabulary.encode(text)
    assert vocabulary.encode(vocabulary.decode(ids)) == ids


@given(st.lists(st.integers(0, 12)))
def test_any_ids_print_the_same_alone_and_in_a_stream(ids: list[int]):
    vocabulary = Words(["a", '"', "-", "日", "😀", "(", ".", "\n", "  "])
    decoder = vocabulary.decoder()
    assert "".join(map(decoder.feed, ids)) == vocabulary.decode(ids)


def test_unknown_words_stand_as_words_do():
    vocabulary = Words(["I", "."])
    ids = vocabulary.encode("I (like)it.")
    assert vocabulary.decode(ids) == "I <unk><unk><unk><unk>."
    assert vocabulary.unknown("I (like)it.") == ["(", "like", ")", "it"]


def test_eos_begins_anew():
    vocabulary = Words(["a", '"'])
    assert vocabulary.decode([4, 5, 0, 4, 5, 4, 5]) == 'a "a "a"'
    encoded = vocabulary.encoder().feed_pieces([Piece('a "', True), Piece('a "a"', True)], 0)
    assert encoded.ids.tolist() == [4, 5, 0, 4, 5, 4, 5, 0]


def test_a_prompt_does_not_end_in_its_last_space():
    vocabulary = Words(["a", "b"])
    assert vocabulary.encode("a b ") == [4, 5, 3]
    assert vocabulary.encode_start("a b ") == vocabulary.encode_start("a b") == [4, 5]
    assert vocabulary.encode_start("") == vocabulary.encode_start(" ") == []


@pytest.mark.parametrize("unit", ["ที่", "日", "は\u3099", "👩‍🚀", "🇩🇪", "ab'cd,", "\t"])
def test_runs_without_white_space_are_not_cut_inside_a_word(unit: str):
    run = unit * (2 * LONGEST_SEGMENT // len(unit))
    for shift in range(7):
        text = "!" * shift + run
        vocabulary = learned(text)
        ids = vocabulary.encode(text)
        assert [vocabulary.piece(i) for i in ids if i != vocabulary.joined] == split_words(text)
        assert in_chunks(vocabulary, text, shift) == ids


def test_a_word_longer_than_what_is_held():
    text = "x" * 10_000 + " " * 10_000 + "y"
    vocabulary = learned(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert max(map(len, vocabulary.words)) == LONGEST_SEGMENT


@pytest.mark.parametrize("wrong", ["well-known", "two words", "", " ", " a", "<eos>", "日本"])
def test_ready_made_tokens_are_for_symbols(wrong: str):
    with pytest.raises(UsageError, match=r"single words, found .*Symbols") as error:
        Words(["a", wrong])
    assert repr(wrong) in str(error.value)
    if wrong and " " not in wrong:
        assert Symbols(["a", wrong]).encode(wrong) == [3]


def test_the_rule_is_written_down():
    assert Words(["a"]).to_json() == {"kind": "words", "rule": 2, "tokens": ["a"]}


def test_minimum_of_sizes():
    with pytest.raises(UsageError, match="at least 5"):
        Words.learn(text_documents(["a"]), maximum_size=4)
    assert Words.learn(text_documents(["a b b"]), maximum_size=5).words == ("b",)
