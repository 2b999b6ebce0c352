"""Tables that are no text: sheets of a workbook (xlsx) and parquet, each with the package that reads it."""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from seqloom.data.tables.dialect import Dialect
from seqloom.data.tables.opened import Opened, headed
from seqloom.data.tables.python_values import cell_text, numbered
from seqloom.data.tables.records import Record
from seqloom.data.tables.writing import Separated
from seqloom.errors import DataError, MissingExtraError

__all__ = ["open_parquet", "open_workbook"]

_BATCH: Final = 1024
_PARQUET: Final = b"PAR1"


@contextmanager
def open_workbook(path: Path, name: str, header: bool | None) -> Iterator[Opened]:
    """The first sheet of a workbook that has something in it; needs openpyxl."""
    if not zipfile.is_zipfile(path):
        raise DataError(f"{name} is no workbook (xlsx), whatever it is called.")
    openpyxl = _package("openpyxl", "xlsx")
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl lets out whatever XML and zip raise
        raise DataError(f"{name} is no workbook that can be read: {error}.") from error
    try:
        sheets = [sheet for sheet in book.worksheets if any(any(row) for row in sheet.iter_rows(values_only=True))]
        if not sheets:
            raise DataError(f"{name} has no rows.")
        remarks = []
        if len(sheets) > 1:
            others = ", ".join(repr(sheet.title) for sheet in sheets[1:])
            remarks = [f"{name}: read the first sheet, {sheets[0].title!r}; left out: {others}."]
        rows = enumerate(sheets[0].iter_rows(values_only=True), 1)
        records = (Record(line, [cell_text(value) for value in row]) for line, row in rows)
        yield headed(records, None, Dialect(), name, header, remarks)
    finally:
        book.close()


@contextmanager
def open_parquet(path: Path, name: str) -> Iterator[Opened]:
    """The rows of a parquet file; needs pyarrow. Their numbers stand for lines."""
    with path.open("rb") as file:
        head = file.read(len(_PARQUET))
        file.seek(-min(len(_PARQUET), path.stat().st_size), 2)
        if head != _PARQUET or file.read() != _PARQUET:
            what = "ends before its end: copy or export it again" if head == _PARQUET else "is no parquet file"
            raise DataError(f"{name} {what}.")
    parquet = _package("pyarrow.parquet", "parquet")
    try:
        opened = parquet.ParquetFile(path)
    except Exception as error:  # pyarrow has a tree of its own, and OSError
        raise DataError(f"{name} is no parquet file that can be read: {error}.") from error
    with opened as file:
        columns = list(file.schema_arrow.names)
        batches = file.iter_batches(batch_size=_BATCH)
        rows = (row for batch in batches for row in zip(*(column.to_pylist() for column in batch.columns), strict=True))
        yield Opened(name, columns, numbered(rows), Separated(Dialect()), [])


def _package(name: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(name.partition(".")[0], extra) from error
