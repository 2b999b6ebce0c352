"""Settings of columns that have no effect on the file that is learned from are refused, all at once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from seqloom.data.folders.heads import hold_numbers
from seqloom.data.pictures.pictures import holds_pictures, is_picture
from seqloom.data.sounds.files import is_sound
from seqloom.data.sounds.sounds import holds_sounds
from seqloom.data.text.folder import files_inside
from seqloom.errors import raise_together
from seqloom.tasks.sequences.found import series_in

__all__ = ["refuse_unused", "refuse_unused_of"]

_COLUMNS: Final = frozenset(
    ("target", "input", "group", "time", "split_column", "encoding", "decimal", "label_pattern", "strict")
)
_BINARY: Final = (".parquet", ".pq", ".xlsx", ".xlsm")
_ROWS: Final = _COLUMNS - {"label_pattern"}
_STEPS: Final = _ROWS - {"split_column"}


def refuse_unused(settings: Mapping[str, Any], used: frozenset[str], what: str) -> None:
    """Raise UsageError for each setting of columns that is given and that ``what`` has no use for.

    >>> refuse_unused({"target": None, "time": "when", "strict": False}, frozenset(("target",)), "tagged words")
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: time: no effect for tagged words. Leave it out.
    """
    given = [name for name in sorted(_COLUMNS - used) if settings.get(name) not in (None, False)]
    raise_together(f"{name}: no effect for {what}. Leave it out." for name in given)


def refuse_unused_of(source: Any, settings: Mapping[str, Any]) -> None:
    """The same by what there is in a file, folder or frame of labelled texts or series to learn from."""
    used, what = _used(source, settings)
    if not isinstance(source, str | os.PathLike):
        used, what = used - {"encoding"}, f"{what} in a frame"
    elif Path(source).suffix.lower() in _BINARY:
        used, what = used - {"encoding"}, f"{what} in {Path(source).suffix}"
    refuse_unused(settings, used, what)


def _used(source: Any, settings: Mapping[str, Any]) -> tuple[frozenset[str], str]:
    """The settings that have an effect, and what for."""
    path = Path(source) if isinstance(source, str | os.PathLike) else None
    if path is not None and (is_sound(path) or (path.is_dir() and holds_sounds(path))):
        return frozenset(("label_pattern",)), "sounds"
    if path is not None and (is_picture(path) or (path.is_dir() and holds_pictures(path))):
        return frozenset(("label_pattern",)), "pictures"
    if path is not None and path.is_dir():
        if hold_numbers(files_inside(path, Counter())):
            return _STEPS - {"target", "group"} | {"label_pattern"}, "a folder of recordings"
        return frozenset(("label_pattern", "encoding")), "a folder of texts"
    suffix = "" if path is None else Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix == ".npz":
        return frozenset(("strict",)), "series in .npz"
    if suffix == ".ts":
        return frozenset(("strict", "encoding")), "series in .ts"
    found = series_in(source, settings)
    if found is None:
        return _ROWS, "a table of texts"
    if found.a_row:
        return _STEPS - {"time", "input"}, "a table with a series a row"
    return _STEPS, "a table with a step a row"
