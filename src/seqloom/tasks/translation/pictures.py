"""Pictures of translations: how good they are by the length of the source, and where one of them looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqloom.inspection.attention import draw_alignment
from seqloom.inspection.by_length import draw_by_length

__all__ = ["draw_answers"]


def draw_answers(
    folder: Path, parts: Sequence[Mapping[str, float]], watched: str, looked: Any | None
) -> dict[Path, str]:
    """Draw ``by_length.png``, and ``attention.png`` where there is something to look at; the files, each
    with what to see in it.

    MissingExtraError without matplotlib.
    """
    folder.mkdir(parents=True, exist_ok=True)
    by_length, attention = folder / "by_length.png", folder / "attention.png"
    draw_by_length([(part["length"], part[watched]) for part in parts], watched, by_length)
    files = {by_length: "Where the line falls, long sources are harder; one vector in between falls first."}
    if looked is not None:
        draw_alignment(looked.weights, looked.source, looked.target, attention)
        files[attention] = "A row is a token that was written; it is dark where it looked. Like order makes a diagonal."
    return files
