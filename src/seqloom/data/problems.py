"""What is wrong with a file, gathered so that all of it is said at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, final

from seqloom.errors import DataError

__all__ = ["Problems"]

_SHOWN: Final = 10


@final
class Problems:
    """Faults of one source by their place; the first ten are shown, the others counted.

    >>> problems = Problems("words.conll")
    >>> problems.refuse()
    >>> problems.add("line 3", "expected 2 columns, got 1.")
    >>> problems.refuse()
    Traceback (most recent call last):
    ...
    seqloom.errors.DataError: words.conll, line 3: expected 2 columns, got 1.
    """

    def __init__(self, source: str) -> None:
        self._source, self._found, self._count = source, list[str](), 0

    def add(self, place: str, what: str) -> None:
        """Note one fault: where it is, what was expected and what came."""
        self._count += 1
        if len(self._found) < _SHOWN:
            self._found.append(f"{place}: {what}")

    @contextmanager
    def noting(self, place: str, *called: str) -> Iterator[None]:
        """Note the DataError that the body raises, if any, at a place; its message without how it calls the file.

        >>> problems = Problems("folder")
        >>> with problems.noting("a.wav", "/data/a.wav "):
        ...     raise DataError("/data/a.wav is empty.")
        >>> bool(problems)
        True
        """
        try:
            yield
        except DataError as error:
            what = str(error)
            for name in called:
                what = what.removeprefix(name)
            self.add(place, what)

    def __bool__(self) -> bool:
        return self._count > 0

    def refuse(self) -> None:
        """Raise :class:`DataError` for all that was noted, if anything was."""
        if self._count == 1:
            raise DataError(f"{self._source}, {self._found[0]}")
        if self._count:
            more = self._count - len(self._found)
            rest = [f"and {more:,} more."] if more else []
            raise DataError("\n  ".join([f"{self._count:,} problems in {self._source}:", *self._found, *rest]))
