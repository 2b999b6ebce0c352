"""One value taken by its kind, or the error that says what was expected, what came, and where."""

from __future__ import annotations

from typing import Any

from seqloom.errors import UsageError
from seqloom.settings.kinds import Kind

__all__ = ["read", "take"]


def take(name: str, kind: Kind, value: object, optional: bool = False) -> Any:
    """``value`` in its final type; None passes where it is ``optional``. Raises UsageError that begins with ``name``.

    >>> from seqloom.settings import COUNT, Whole
    >>> take("steps", Whole(COUNT), 0, optional=True)
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: steps: expected a whole number of at least 1 or None, got 0.
    """
    return None if optional and value is None else _take(name, kind, value, value, optional)


def read(name: str, kind: Kind, value: object) -> Any:
    """The same for what a person wrote: the text of a flag, or a value of a TOML file.

    >>> from seqloom.settings import COUNT, Whole
    >>> read("--steps", Whole(COUNT), "12")
    12
    """
    return _take(name, kind, kind.parse(value) if isinstance(value, str) else value, value, optional=False)


def _take(name: str, kind: Kind, value: object, given: object, optional: bool) -> Any:
    try:
        return kind.take(value)
    except UsageError:
        raise  # complete: the problems of a record inside
    except ValueError as error:
        *others, last = [*kind.expected, *(["None"] if optional else [])]
        expected = f"{', '.join(others)} or {last}" if others else last
        raise UsageError(f"{name}: expected {expected}, got {given!r}.{error}") from None
