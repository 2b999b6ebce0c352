"""What a user gives to a recogniser: sounds or series, and a text for each; or a folder of sounds with transcripts."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqloom.data.sounds.files import is_sound
from seqloom.data.sounds.sounds import Sounds, changes, opened, usual_rate
from seqloom.data.sounds.transcribed import Transcribed, read_transcribed, sounds_inside
from seqloom.data.text.reader import no_such_file
from seqloom.errors import DataError, UsageError, warn
from seqloom.tasks.examples.values import Given
from seqloom.tasks.inputs.sounds import as_sounds, heard_rate
from seqloom.tasks.recognition.transcripts import in_style
from seqloom.tasks.sequences.reading import by_place

__all__ = ["heard", "read_given"]


def read_given(X: Any, y: Any, settings: Mapping[str, Any], facts: Mapping[str, Any]) -> Given:
    """An item and a text for each example, texts in the style that is asked for; what is missing stays so.

    Of a path, sounds with their transcripts; what is left out is warned of. Where there is a ``rate``, arrays are
    sounds. Raises DataError for what cannot be read, and for a text that is none.
    """
    style, rate = str(settings["style"]), heard_rate(facts) or settings["rate"]
    source = read_transcribed(Path(X)) if isinstance(X, str | os.PathLike) else X
    if isinstance(source, Transcribed | Sounds):
        if y is not None:
            raise UsageError("y: expected None beside sounds with transcripts.")
        texts = source.texts if isinstance(source, Transcribed) else None
        for remark in (*source.remarks, *changes(source.sounds, rate or usual_rate(source.sounds))):
            warn(f"{source.source}: {remark}")
        return Given(source.sounds, None if texts is None else in_styles(texts, style), source=source)
    items = by_place(X) if rate is None else as_sounds(X, rate)
    return Given(items, None if y is None else in_styles(by_place(y), style))


def in_styles(texts: Sequence[Any], style: str) -> list[Any]:
    """Texts in a style; None for what is missing. DataError for what is no text."""
    found: list[Any] = []
    for place, text in enumerate(texts):
        if isinstance(text, str):
            found.append(in_style(text, style))
        elif text is None or (isinstance(text, float) and math.isnan(text)):
            found.append(None)
        else:
            raise DataError(f"y: row {place:,}: expected a text, got {text!r}.")
    return found


def heard(X: Any) -> Any:
    """Sounds to transcribe: of a path all sounds in a folder, or one; all else as it is. DataError where none are."""
    if not isinstance(X, str | os.PathLike):
        return X
    path = Path(X)
    if not path.exists():
        raise DataError(no_such_file(str(path)))
    if path.is_file() and not is_sound(path):
        return read_transcribed(path)
    folder, names = (path, sounds_inside(path)) if path.is_dir() else (path.parent, [path.name])
    if not names:
        raise DataError(f"{path}: expected sounds, found none.")
    return Sounds(str(path), opened(str(path), [folder / name for name in names], names), names)
