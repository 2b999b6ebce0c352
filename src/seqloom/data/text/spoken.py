"""What a text sounds like: the same words, whatever their case, marks and spaces."""

from __future__ import annotations

import unicodedata

import regex

__all__ = ["spoken", "tidy"]

_MARKS = regex.compile(r"(?<=\d)[.,](?=\d)(*SKIP)(*FAIL)|(?<=[\w])['’](?=\w)(*SKIP)(*FAIL)|[^\w\s]|_", regex.V1)


def tidy(text: str) -> str:
    """The text in Unicode's composed form (NFC), with one space between words and none around.

    >>> tidy("  Gru\\u0308n   ist\\tes ")
    'Grün ist es'
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def spoken(text: str) -> str:
    """The same in small letters, without marks: an apostrophe within a word stays (a straight one), and a point or
    comma between digits; a hyphen parts words.

    >>> spoken("Well — it's the “twenty-first”, at 9.30 O’Clock!")
    "well it's the twenty first at 9.30 o'clock"
    """
    return tidy(_MARKS.sub(" ", tidy(text)).lower().replace("’", "'"))
