"""Cut a stream of text where no token can span, so that a token never depends on where the chunks end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

__all__ = ["LONGEST_SEGMENT", "Segmenter"]

LONGEST_SEGMENT = 4096
_CUTS = re.compile(r"(?<=\S)[ \n]")


class Segmenter:
    """Hold back the unfinished end of the text until the rest of it comes.

    A cut stands before a space or newline that follows a character that is not white space. A run without any
    such place is cut after ``LONGEST_SEGMENT`` characters, counted from the last cut.

    >>> segmenter = Segmenter()
    >>> list(segmenter.feed("one tw")), list(segmenter.feed("o three")), list(segmenter.finish())
    (['one'], [' two'], [' three'])
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> Iterator[str]:
        """The segments that no later text can change; one may hold many words."""
        text = self._held + text
        self._held = ""
        start = last = 0
        cuts = (match.start() for match in _CUTS.finditer(text, 1))
        for cut in chain(cuts, (len(text),)):
            while cut - last > LONGEST_SEGMENT:
                if last > start:
                    yield text[start:last]
                yield text[last : last + LONGEST_SEGMENT]
                start = last = last + LONGEST_SEGMENT
            if cut < len(text):
                last = cut
        if last > start:
            yield text[start:last]
        self._held = text[last:]

    def finish(self) -> Iterator[str]:
        """The rest, at the end of the text."""
        held, self._held = self._held, ""
        if held:
            yield held
