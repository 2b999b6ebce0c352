"""What stands for an example in a line."""

from __future__ import annotations

from typing import Any, Final

from seqloom.tasks.examples.values import Given

__all__ = ["excerpt", "excerpts"]

_LONGEST: Final = 100


def excerpts(given: Given) -> list[str]:
    """A line for each example: its text, or its name in the file or folder, or how long it is."""
    names = getattr(given.source, "names", ())
    if len(names) != len(given.X):
        names = [None] * len(given.X)
    return [excerpt(item, name) for item, name in zip(given.X, names, strict=True)]


def excerpt(item: Any, name: object = None) -> str:
    """What stands for an example in a line: its text, cut where it is long, or its name, or how long it is.

    >>> excerpt("one  line\\nand another"), excerpt([[0.0], [1.0]]), excerpt([[0.0]], "a.wav")
    ('one line and another', '2 steps', 'a.wav')
    """
    if not isinstance(item, str):
        return f"{len(item):,} steps" if name is None else str(name)
    text = " ".join(item.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
