"""From drawn tokens to texts that may be shown, piece by piece, and why each text ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from seqloom.data import IncrementalDecoder
from seqloom.decoding import StopStrings

__all__ = ["Ending", "Text", "Writing"]


class Ending(StrEnum):
    """Why a text ends: it has all its tokens, the model ended it, or a stop string came."""

    LENGTH = "length"
    END_OF_TEXT = "end of text"
    STOP = "stop"


class Text:
    """One text that is being written, up to the first of some stop strings.

    >>> from seqloom.data import Characters
    >>> text = Text(Characters("abc").decoder(), ["bc"])
    >>> [text.feed(token) for token in (2, 3, 4)], text.ended
    (['a', '', ''], True)
    """

    def __init__(self, decoder: IncrementalDecoder, stop_at: Sequence[str]) -> None:
        self._decoder = decoder
        self._stop = StopStrings(stop_at)
        self._tokens = 0

    @property
    def ended(self) -> bool:
        """Whether a stop string came."""
        return self._stop.found

    def feed(self, token: int) -> str:
        """The text that no later token changes."""
        self._tokens += 1
        return self._stop.feed(self._decoder.feed(token))

    def finish(self) -> str:
        """The text still held back, at the end."""
        return self._stop.feed(self._decoder.finish()) + self._stop.finish()

    def ending(self, length: int) -> Ending:
        """Why it ended, if at most ``length`` tokens were asked for."""
        if self.ended:
            return Ending.STOP
        return Ending.LENGTH if self._tokens == length else Ending.END_OF_TEXT


class Writing(Iterator[tuple[int, str]]):
    """Texts as they are written, ``(row, piece)`` at a time; a piece is text that no later token changes.

    ``seeds`` has the seed of each row, with which its prompt alone gives the same text; ``endings``, once all is
    written, why each ended. ``done`` tells those who draw ``tokens`` which rows have met a stop string.
    """

    def __init__(
        self,
        tokens: Iterator[tuple[int, int]],
        done: set[int],
        texts: Sequence[Text],
        length: int,
        seeds: Sequence[int],
    ) -> None:
        self.seeds = tuple(seeds)
        self.endings: list[Ending] = []
        self._pieces = self._write(tokens, done, texts, length)

    def __next__(self) -> tuple[int, str]:
        return next(self._pieces)

    def _write(
        self, tokens: Iterator[tuple[int, int]], done: set[int], texts: Sequence[Text], length: int
    ) -> Iterator[tuple[int, str]]:
        for row, token in tokens:
            piece = texts[row].feed(token)
            if texts[row].ended:
                done.add(row)
            if piece:
                yield row, piece
        rests = [text.finish() for text in texts]
        self.endings += [text.ending(length) for text in texts]
        yield from ((row, rest) for row, rest in enumerate(rests) if rest)
