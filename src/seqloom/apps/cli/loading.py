"""The model that a command works with, and what is said of the texts that it is given."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqloom.apps.cli.console import say
from seqloom.apps.cli.warned import warnings_said
from seqloom.errors import ModelFileError, listed

if TYPE_CHECKING:
    from seqloom.tasks import LanguageModel

__all__ = ["load_any", "load_model", "say_unknown"]


def load_any(path: Path) -> Any:
    """Load a model of any task; what that warns of becomes a line on stderr."""
    from seqloom.tasks.registry import load

    with warnings_said():
        return load(path)


def load_model(path: Path) -> LanguageModel:
    """Load a language model; ModelFileError for a model of another task."""
    from seqloom.tasks import LanguageModel

    loaded = load_any(path)
    if not isinstance(loaded, LanguageModel):
        raise ModelFileError(f"{path} is of the task {loaded.task!r}; this needs a language model.")
    return loaded


def say_unknown(what: str, model: LanguageModel, texts: Iterable[str]) -> None:
    """Say on stderr which parts of the texts are unknown to the model, and ``what`` becomes of them."""
    vocabulary = model.vocabulary_
    unknown = list(dict.fromkeys(part for text in texts for part in vocabulary.unknown(text)))
    if unknown:
        say(f"{what}, {vocabulary.kind} unknown to the model: {listed(unknown)}.", style="yellow")
