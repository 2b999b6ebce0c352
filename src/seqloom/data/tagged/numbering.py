"""The numbers of the tokens of a sentence, as CoNLL-U has them."""

from __future__ import annotations

import re
from typing import Final, final

__all__ = ["Numbering"]

_NUMBER: Final = re.compile(r"(0|[1-9][0-9]{0,8})(?:-([1-9][0-9]{0,8})|\.[1-9][0-9]{0,8})?")


@final
class Numbering:
    """Follows the numbers of one sentence: 1, 2, 3 for its tokens, 2-3 before those that are written as one word, and
    2.1 for an empty node after the second.

    >>> numbers = Numbering()
    >>> [numbers.wrong(number) for number in ("1-2", "1", "1.1", "3")], numbers.missing
    (['', '', '', 'expected token 2, got 3.'], '')
    """

    def __init__(self) -> None:
        self._last, self._reach = 0, 0

    def wrong(self, number: str) -> str:
        """What is wrong with the next number, or nothing."""
        match = _NUMBER.fullmatch(number)
        if match is None:
            return f"expected the number of a token (2, 2-3 or 2.1), got {number[:20]!r}."
        expected = self._last + 1
        if match[2]:
            begin, end = int(match[1]), int(match[2])
            self._reach = max(self._reach, end)
            return "" if expected == begin < end else f"expected {expected}-… for words in one, got {number}."
        if "." in number:
            return "" if int(match[1]) == self._last else f"expected {self._last}.… for an empty node, got {number}."
        self._last = int(match[1])
        return "" if self._last == expected else f"expected token {expected}, got {number}."

    @property
    def missing(self) -> str:
        """What a sentence that ends here lacks, or nothing."""
        short = self._reach > self._last
        return f"expected tokens up to {self._reach}, got {self._last}: the sentence is cut short." if short else ""
