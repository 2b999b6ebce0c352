"""What the regressor shows of itself before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqloom.tasks.door import Claim, Door
from seqloom.tasks.regression.settings import RegressorSettings
from seqloom.tasks.sequences.claims import are_amounts, claims_labelled, claims_steps
from seqloom.tasks.tables.claims import claims_rows

__all__ = ["DOOR"]

_ROWS = claims_rows("number")


def _claims(path: Path, given: Mapping[str, Any]) -> Claim | None:
    if path.is_file() and are_amounts(path, given):
        return claims_steps(path, given) or claims_labelled(path, given)
    return _ROWS(path, given)


DOOR = Door("seqloom.tasks.regression.regressor:Regressor", RegressorSettings, claims=_claims)
