"""What the tagger shows of itself before anything heavy is imported."""

from __future__ import annotations

from seqloom.tasks.door import Door
from seqloom.tasks.tagging.claims import claims_tagged
from seqloom.tasks.tagging.settings import TaggerSettings

__all__ = ["DOOR"]

DOOR = Door(
    "seqloom.tasks.tagging.tagger:Tagger",
    TaggerSettings,
    claims=claims_tagged,
    then="Tag a file with it:  seqloom predict {run} FILE",
)
