"""Tables of labelled rows: csv, tsv, json lines, fastText, xlsx, parquet and frames, through one door."""

from __future__ import annotations

from seqloom.data.tables.columns import Column, Kind
from seqloom.data.tables.dividing import Divided, divide
from seqloom.data.tables.labelled import Labelled, labelled
from seqloom.data.tables.table import Table, read_table
from seqloom.data.tables.target import Asked, Choice, Doubt, Sought, choose_columns

__all__ = [
    "Asked",
    "Choice",
    "Column",
    "Divided",
    "Doubt",
    "Kind",
    "Labelled",
    "Sought",
    "Table",
    "choose_columns",
    "divide",
    "labelled",
    "read_table",
]
