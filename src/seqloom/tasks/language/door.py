"""What the language model shows of itself before anything heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from seqloom.settings import Range, Section
from seqloom.tasks.door import Door
from seqloom.tasks.examples.settings import FitSettings
from seqloom.tasks.language.picks import pick_defaults
from seqloom.tasks.language.settings import LanguageSettings

__all__ = ["DOOR", "LanguageFitSettings"]


@dataclass(frozen=True)
class LanguageFitSettings(FitSettings):
    """What is asked of :meth:`seqloom.tasks.LanguageModel.fit` beside the text."""

    preview: Annotated[
        int, Range(least=0), "Show so many tokens of text at each evaluation.", Section("Limits and checkpoints")
    ] = 0


DOOR = Door(
    "seqloom.tasks.language.language_model:LanguageModel",
    LanguageSettings,
    LanguageFitSettings,
    pick=pick_defaults,
    many=True,
    then="Write with it:  seqloom generate {run}",
)
