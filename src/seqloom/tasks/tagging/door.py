"""What the tagger shows of itself before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqloom.tasks.door import Claim, Door
from seqloom.tasks.sequences.claims import claims_steps
from seqloom.tasks.tagging.claims import claims_tagged
from seqloom.tasks.tagging.settings import TaggerSettings

__all__ = ["DOOR"]


_STEPS = claims_steps("class")


def _claims(path: Path, given: Mapping[str, Any]) -> Claim | None:
    return claims_tagged(path, given) or _STEPS(path, given)


DOOR = Door(
    "seqloom.tasks.tagging.tagger:Tagger",
    TaggerSettings,
    claims=_claims,
    then="Tag a file with it:  seqloom predict {run} FILE",
)
