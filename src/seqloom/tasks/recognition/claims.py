"""What makes a folder, or a table, one of sounds with transcripts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from seqloom.tasks.door import Claim

__all__ = ["claims_transcribed"]

_SURE: Final = 0.97
"""More than a table of texts: it names files of sounds that are there."""


def claims_transcribed(path: Path, given: Mapping[str, Any]) -> Claim | None:
    """Claim a folder of sounds with their texts, in a table, beside them, or in LibriSpeech's layout; or its table."""
    from seqloom.data.sounds.transcribed import has_transcripts

    return Claim(_SURE, "sounds with their transcripts") if has_transcripts(path) else None
