"""What the regressor shows of itself before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqloom.tasks.door import Claim, Door
from seqloom.tasks.regression.settings import RegressorSettings
from seqloom.tasks.sequences.claims import claims_series, claims_steps
from seqloom.tasks.tables.claims import claims_rows

__all__ = ["DOOR"]

_SERIES, _STEPS, _ROWS = claims_series("number"), claims_steps("number"), claims_rows("number")


def _claims(path: Path, given: Mapping[str, Any]) -> Claim | None:
    return _SERIES(path, given) or _STEPS(path, given) or _ROWS(path, given)


DOOR = Door("seqloom.tasks.regression.regressor:Regressor", RegressorSettings, claims=_claims)
