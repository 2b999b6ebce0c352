"""Names for what is not finished: nobody chooses one by chance, so what bears one is seqloom's.

``.tmp-LABEL-TOKEN``: half of the token is drawn at random, the other half is computed from the first. What a killed
process leaves behind is known by it later, without a note of it elsewhere that could be lost.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

__all__ = ["label_of", "temporary_beside"]

_NAME = re.compile(r"\.tmp-(.*)-([0-9a-f]{16})([0-9a-f]{16})", re.DOTALL)
_LONGEST_LABEL = 40


def temporary_beside(path: Path, label: str = "") -> Path:
    """Return a fresh name beside ``path``, labelled with its name.

    >>> name = temporary_beside(Path("models/letters")).name
    >>> label_of(name), label_of(".tmp-letters"), label_of(name[:-1] + "x")
    ('letters', None, None)
    """
    drawn = secrets.token_hex(8)
    return path.with_name(f".tmp-{(label or path.name)[:_LONGEST_LABEL]}-{drawn}{_check(drawn)}")


def label_of(name: str) -> str | None:
    """Return the label in a name that ``temporary_beside`` made, None for every other name."""
    found = _NAME.fullmatch(name)
    return found[1] if found and found[3] == _check(found[2]) else None


def _check(drawn: str) -> str:
    return hashlib.sha256(f"seqloom {drawn}".encode()).hexdigest()[:16]
