"""What a quiet run still says: the sentences about its checkpoints, which are news and no progress."""

from __future__ import annotations

from seqloom.apps.cli.console import say
from seqloom.training.progress import Silent

__all__ = ["Messages"]


class Messages(Silent):
    """Neither bar nor lines, only messages."""

    def message(self, text: str) -> None:
        """Print a sentence."""
        say(text)
