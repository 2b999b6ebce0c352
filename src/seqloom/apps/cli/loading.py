"""The model that a command works with, and what is said of the texts that it is given."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqloom.apps.cli.console import say
from seqloom.apps.cli.warned import warnings_said
from seqloom.errors import ModelFileError, listed, raise_together

if TYPE_CHECKING:
    from seqloom.tasks import LanguageModel

__all__ = ["load_any", "load_model", "load_writer", "open_any", "read_as", "say_unknown"]


def load_any(path: Path) -> Any:
    """Load a model of any task; what that warns of becomes a line on stderr."""
    return open_any(path)[0]


def open_any(path: Path) -> tuple[Any, dict[str, bytes]]:
    """Load a model of any task, with the files of its directory or checkpoint."""
    from seqloom.tasks.registry import opened

    with warnings_said():
        return opened(path)


def read_as(model: Any, encoding: str | None, decimal: str | None) -> None:
    """Let a model read files in an encoding and with a mark before decimals, those of training where none is given.

    UsageError for a model that has no such settings, or reads no numbers.
    """
    from seqloom.tasks.sequences.reading import learned_channels

    settings, asked = model.get_params(deep=False), {"encoding": encoding, "decimal": decimal}
    without = [name for name, value in asked.items() if value is not None and name not in settings]
    if decimal is not None and not without and not learned_channels(model.facts_):
        without.append("decimal")
    problems = [f"--{name}: no effect for this model of the task {model.task!r}. Leave it out." for name in without]
    if decimal not in (None, ".", ","):
        problems.append(f"--decimal: expected . or , got {decimal!r}.")
    raise_together(problems)
    model.set_params(**{name: value for name, value in asked.items() if value is not None})


def load_model(path: Path) -> LanguageModel:
    """Load a language model; ModelFileError for a model of another task."""
    from seqloom.tasks import LanguageModel

    loaded = load_any(path)
    if not isinstance(loaded, LanguageModel):
        raise ModelFileError(f"{path} is of the task {loaded.task!r}; this needs a language model.")
    return loaded


def load_writer(path: Path) -> Any:
    """Load a model of text or of music; ModelFileError for a model of another task."""
    loaded = load_any(path)
    if not hasattr(loaded, "generate"):
        raise ModelFileError(f"{path} is of the task {loaded.task!r}; this needs a model of text or of music.")
    return loaded


def say_unknown(what: str, model: LanguageModel, texts: Iterable[str]) -> None:
    """Say on stderr which parts of the texts are unknown to the model, and ``what`` becomes of them."""
    vocabulary = model.vocabulary_
    unknown = list(dict.fromkeys(part for text in texts for part in vocabulary.unknown(text)))
    if unknown:
        say(f"{what}, {vocabulary.kind} unknown to the model: {listed(unknown)}.", style="yellow")
