"""Doors of two tasks over rows of tables."""

from seqloom.tasks.claims import claims_rows
from seqloom.tasks.columns import ColumnSettings
from seqloom.tasks.door import Door

CLASSIFICATION = Door("tests.tasks.toy:Ranker", ColumnSettings, claims=claims_rows("class", "labels"))
REGRESSION = Door("tests.tasks.toy:Ranker", ColumnSettings, claims=claims_rows("number"))
