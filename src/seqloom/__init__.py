"""Learn from sequences: one protocol for every recurrence, from the file to the trained, streamed model."""

from __future__ import annotations

TYPE_CHECKING = False  # that of typing, without its import: the command line begins here
if TYPE_CHECKING:
    from typing import Any

    from seqloom.tasks import LanguageModel
    from seqloom.tasks.registry import load
    from seqloom.training.settings import TrainingSettings

__all__ = ["LanguageModel", "TrainingSettings", "__version__", "load"]

__version__ = "0.1.0"

_HOMES = {
    "LanguageModel": "seqloom.tasks",
    "TrainingSettings": "seqloom.training.settings",
    "load": "seqloom.tasks.registry",
}


def __getattr__(name: str) -> Any:
    """Import what is named when it is first asked for, so that ``import seqloom`` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
