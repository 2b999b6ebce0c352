"""Cut a stream of text where no token can span, so that a token never depends on where the chunks end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

__all__ = ["LONGEST_SEGMENT", "Segmenter"]

LONGEST_SEGMENT = 4096


class Segmenter:
    """Hold back the unfinished end of the text until the rest of it comes.

    A cut stands before a space or newline that follows a character that is not white space. Where
    ``LONGEST_SEGMENT`` characters have no such place, ``end`` says how many of them are a segment: by default all.

    >>> segmenter = Segmenter()
    >>> list(segmenter.feed("one tw")), list(segmenter.feed("o three")), list(segmenter.finish())
    (['one'], [' two'], [' three'])
    """

    def __init__(self, end: Callable[[str], int] = len) -> None:
        self._end = end
        self._held = ""

    @property
    def empty(self) -> bool:
        """Whether nothing is held back."""
        return not self._held

    def feed(self, text: str) -> Iterator[str]:
        """The segments that no later text can change; one may hold many words."""
        text = self._held + text
        start = 0
        while True:
            cut = _last_cut(text, start + 1, min(start + LONGEST_SEGMENT + 1, len(text)))
            if cut < 0:
                if len(text) - start <= LONGEST_SEGMENT:
                    break
                cut = start + self._end(text[start : start + LONGEST_SEGMENT])
            yield text[start:cut]
            start = cut
        self._held = text[start:]

    def finish(self) -> Iterator[str]:
        """The rest, at the end of the text."""
        held, self._held = self._held, ""
        if held:
            yield held


def _last_cut(text: str, start: int, stop: int) -> int:
    """The last place in [start, stop) where a cut may stand, or -1."""
    while True:
        place = max(text.rfind(" ", start, stop), text.rfind("\n", start, stop))
        if place < 0 or not text[place - 1].isspace():
            return place
        stop = place
