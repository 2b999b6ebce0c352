"""What a text is like at each of its characters: patterns that a unit may track."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import UsageError

__all__ = ["Labels", "Pattern", "bracket_depth", "in_quotes", "line_position", "matches", "spans"]

Labels = NDArray[np.bool_]
Pattern = Callable[[str], Labels]
"""A text → for each of its characters whether it is so there."""

_PAIRS = {"(": ")", "[": "]", "{": "}"}


def in_quotes(text: str, quote: str = '"') -> Labels:
    """Between two ``quote`` marks of one line, the opening one included; one that is never closed opens nothing.

    >>> in_quotes('a "b" c').astype(int).tolist()
    [0, 0, 1, 1, 0, 0, 0]
    """
    found = np.zeros(len(text), bool)
    for pair in re.finditer(f"{re.escape(quote)}[^{re.escape(quote)}\n]*{re.escape(quote)}", text):
        found[pair.start() : pair.end() - 1] = True
    return found


def line_position(text: str, above: int = 40) -> Labels:
    """``above`` characters or more after the beginning of the line.

    >>> line_position("abc\\nab", 2).astype(int).tolist()
    [0, 0, 1, 1, 0, 0]
    """
    found, begin = np.zeros(len(text), bool), 0
    for line in text.splitlines(keepends=True):
        found[begin + above : begin + len(line)] = True
        begin += len(line)
    return found


def bracket_depth(text: str, above: int = 1) -> Labels:
    """Within ``above`` or more brackets that are open; a closing one counts as outside.

    >>> bracket_depth("a(b[c]d)e").astype(int).tolist()
    [0, 1, 1, 1, 1, 1, 1, 0, 0]
    """
    found, expected = np.zeros(len(text), bool), []
    for place, character in enumerate(text):
        if character in _PAIRS:
            expected.append(_PAIRS[character])
        elif expected and character == expected[-1]:
            expected.pop()
        found[place] = len(expected) >= above
    return found


def matches(expression: str) -> Pattern:
    """Within a match of a regular expression. UsageError for one that is none.

    >>> matches(r"\\d+")("a12b").astype(int).tolist()
    [0, 1, 1, 0]
    """
    try:
        compiled = re.compile(expression)
    except re.error as error:
        raise UsageError(f"{expression!r} is no regular expression: {error}.") from error

    def within(text: str) -> Labels:
        found = np.zeros(len(text), bool)
        for one in compiled.finditer(text):
            found[one.start() : one.end()] = True
        return found

    return within


def spans(marked: Iterable[tuple[int, int]]) -> Pattern:
    """Within spans that a user marked: pairs of a first character and the one after the last, counted from 0.

    >>> spans([(1, 3)])("abcd").astype(int).tolist()
    [0, 1, 1, 0]
    """
    listed = list(marked)

    def within(text: str) -> Labels:
        found = np.zeros(len(text), bool)
        for begin, end in listed:
            if not 0 <= begin < end <= len(text):
                raise UsageError(f"A span from {begin} to {end} is not within a text of {len(text)} characters.")
            found[begin:end] = True
        return found

    return within
