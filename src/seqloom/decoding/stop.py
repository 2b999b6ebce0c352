"""Ending a text where one of some strings comes, while the text is still being written."""

from __future__ import annotations

from collections.abc import Iterable

from seqloom.errors import UsageError

__all__ = ["StopStrings"]


class StopStrings:
    """A text, fed in pieces, up to the first of ``strings``: the one that is complete first, wherever pieces end.

    What may still become one of them is held back. Raises UsageError for an empty string.

    >>> stop = StopStrings(["END"])
    >>> stop.feed("the E"), stop.feed("nd, the EN"), stop.feed("D and more"), stop.found
    ('the ', 'End, the ', '', True)
    """

    def __init__(self, strings: Iterable[str]) -> None:
        self._strings = tuple(strings)
        if "" in self._strings:
            raise UsageError("stop: expected strings of at least one character, got ''.")
        self._held = ""
        self.found = False

    def feed(self, text: str) -> str:
        """The text that no later piece can take back."""
        if self.found:
            return ""
        text = self._held + text
        places = [(place + len(one), place) for one in self._strings if (place := text.find(one)) >= 0]
        self.found = bool(places)
        safe = min(places)[1] if places else len(text) - max((_begun(text, one) for one in self._strings), default=0)
        self._held = text[safe:]
        return text[:safe]

    def finish(self) -> str:
        """The text still held back, at the end."""
        return "" if self.found else self._held


def _begun(text: str, string: str) -> int:
    """How many characters at the end of ``text`` may be the beginning of ``string``."""
    lengths = range(min(len(string) - 1, len(text)), 0, -1)
    return next((length for length in lengths if text.endswith(string[:length])), 0)
