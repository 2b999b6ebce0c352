"""What the regressor shows of itself before anything heavy is imported."""

from __future__ import annotations

from seqloom.tasks.door import Door
from seqloom.tasks.regression.settings import RegressorSettings
from seqloom.tasks.tables.claims import claims_rows

__all__ = ["DOOR"]

DOOR = Door("seqloom.tasks.regression.regressor:Regressor", RegressorSettings, claims=claims_rows("number"))
