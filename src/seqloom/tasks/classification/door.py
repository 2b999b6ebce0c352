"""What the classifier shows of itself before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqloom.tasks.classification.settings import ClassifierSettings
from seqloom.tasks.door import Claim, Door
from seqloom.tasks.sequences.claims import claims_series
from seqloom.tasks.tables.claims import claims_rows

__all__ = ["DOOR"]

_SERIES, _ROWS = claims_series("class"), claims_rows("class", "labels")


def _claims(path: Path, given: Mapping[str, Any]) -> Claim | None:
    return _SERIES(path, given) or _ROWS(path, given)


DOOR = Door("seqloom.tasks.classification.classifier:Classifier", ClassifierSettings, claims=_claims)
