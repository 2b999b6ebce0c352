"""The model that a command works with."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from seqloom.apps.cli.console import say

if TYPE_CHECKING:
    from seqloom.tasks import LanguageModel

__all__ = ["load_model"]


def load_model(path: Path) -> LanguageModel:
    """Load a model; what that warns of becomes a line on stderr."""
    from seqloom.tasks import LanguageModel

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        model = LanguageModel.load(path)
    for warning in caught:
        say(str(warning.message), style="yellow")
    return model
