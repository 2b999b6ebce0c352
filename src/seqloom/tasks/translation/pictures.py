"""Pictures of translations: how good they are by the length of the source, and where one of them looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqloom.inspection.attention import draw_alignment
from seqloom.inspection.by_length import draw_by_length

__all__ = ["draw_answers"]


def draw_answers(folder: Path, parts: Sequence[Mapping[str, float]], watched: str, looked: Any | None) -> list[Path]:
    """Draw ``by_length.png``, and ``attention.png`` where there is something to look at; the files.

    MissingExtraError without matplotlib.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "by_length.png"]
    draw_by_length([(part["length"], part[watched]) for part in parts], watched, files[0])
    if looked is not None:
        files.append(folder / "attention.png")
        draw_alignment(looked.weights, looked.source, looked.target, files[1])
    return files
