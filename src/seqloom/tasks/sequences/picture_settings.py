"""The settings of every task that sees pictures; light, for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from seqloom.settings import Range, Section, Settings

__all__ = ["PictureSettings"]


@dataclass(frozen=True, kw_only=True)
class PictureSettings(Settings):
    """How pictures are seen. What is None is picked by the data."""

    side: Annotated[
        int | None,
        Range(least=4, most=1024),
        "Pixels of the longer side of a picture (default: its own, up to 64).",
        Section("Pictures"),
    ] = None
