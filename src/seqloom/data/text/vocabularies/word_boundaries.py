"""Where words begin and end: the default word boundaries of Unicode (UAX 29), by the package ``regex``."""

from __future__ import annotations

from typing import Final

import regex

__all__ = ["split_words", "sure_boundary"]

_WORD: Final = regex.compile(r"(?ws).+?\b")


def split_words(text: str) -> list[str]:
    """Cut a text into words, marks and white space; joined they are the text again.

    Combining marks stay with their letters, and what is one picture is one token. Of scripts that write words without
    spaces between them, Han and Hiragana fall into characters, Thai, Lao, Khmer and Burmese into letters with their
    marks.

    >>> split_words("Don't stop, it's 3.5!")
    ["Don't", ' ', 'stop', ',', ' ', "it's", ' ', '3.5', '!']
    >>> split_words("नमस्ते 👩🏽‍🚀")
    ['नमस्ते', ' ', '👩🏽‍🚀']
    """
    words: list[str] = _WORD.findall(text)
    return words


def sure_boundary(text: str) -> int:
    """The last place where a word ends whatever comes after the text; all of it where there is none.

    A rule of UAX 29 looks at two characters after a boundary: the last word and the one before may still be joined.

    >>> sure_boundary("日本語'")
    2
    """
    words = split_words(text)
    return len(text) - sum(map(len, words[-2:])) if len(words) > 2 else len(text)
