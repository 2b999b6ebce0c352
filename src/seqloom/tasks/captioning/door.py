"""What the captioner shows of itself before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from seqloom.tasks.captioning.settings import CaptionerSettings
from seqloom.tasks.door import Claim, Door

__all__ = ["DOOR"]

_SURE: Final = 0.97
"""More than a folder for each class is, for pictures lie in folders here, too."""


def _claims(path: Path, given: Mapping[str, Any]) -> Claim | None:
    from seqloom.data.pictures.captioned import has_captions
    from seqloom.storage.reading import mode_of

    if path.is_dir() and mode_of(path / "manifest.json"):
        return None
    return Claim(_SURE, "pictures or videos with captions beside them") if has_captions(path) else None


DOOR = Door(
    "seqloom.tasks.captioning.captioner:Captioner",
    CaptionerSettings,
    claims=_claims,
    then="Write captions with it:  seqloom predict {run} FOLDER",
)
