"""What the regressor shows of itself before anything heavy is imported."""

from __future__ import annotations

from seqloom.tasks.claims import claims_rows
from seqloom.tasks.door import Door
from seqloom.tasks.regression.settings import RegressorSettings

__all__ = ["DOOR"]

DOOR = Door("seqloom.tasks.regression.regressor:Regressor", RegressorSettings, claims=claims_rows("number"))
