"""Every setting of ``seqloom train``: those of the model, and those of fitting it to a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from seqloom.settings import SHARE, Kind, Number, Range, Section, Settings, flat
from seqloom.tasks.language.settings import LanguageSettings

__all__ = ["FIT_SETTINGS", "TRAIN_SETTINGS"]


class ShareOrFile(Kind):
    """A share, or the path of a file. What is a number is no path.

    >>> ShareOrFile().take("held_out.txt"), ShareOrFile().parse("0.2")
    ('held_out.txt', 0.2)
    """

    metavar = "SHARE|FILE"
    expected = (f"a share {SHARE}, or a file",)

    def parse(self, text: str) -> float | str:
        return Number().parse(text)

    def take(self, value: object) -> float | str:
        return value if isinstance(value, str) and value.strip() else Number(SHARE).take(value)


@dataclass(frozen=True)
class FitSettings(Settings):
    """What is asked of ``fit`` beside the files."""

    validation: Annotated[
        float | str,
        ShareOrFile(),
        "What is held out to judge by: a share (default: 0.1), or a file.",
        Section("Text"),
    ] = 0.1
    preview: Annotated[
        int, Range(least=0), "Show so many tokens of text at each evaluation.", Section("Limits and checkpoints")
    ] = 0


FIT_SETTINGS = flat(FitSettings)
TRAIN_SETTINGS = flat(LanguageSettings) + FIT_SETTINGS
