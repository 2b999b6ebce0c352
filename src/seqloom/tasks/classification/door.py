"""What the classifier shows of itself before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqloom.tasks.classification.settings import ClassifierSettings
from seqloom.tasks.door import Claim, Door
from seqloom.tasks.sequences.claims import are_amounts, claims_labelled
from seqloom.tasks.tables.claims import claims_rows

__all__ = ["DOOR"]

_ROWS = claims_rows("class", "labels")


def _claims(path: Path, given: Mapping[str, Any]) -> Claim | None:
    found = claims_labelled(path, given)
    return _ROWS(path, given) if found is None else None if are_amounts(path, given) else found


DOOR = Door("seqloom.tasks.classification.classifier:Classifier", ClassifierSettings, claims=_claims)
