"""A table of any kind opened: its columns and a stream of its rows, read once from the first to the last."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Final, TextIO, cast

from seqloom.data.tables.binary import open_parquet, open_workbook
from seqloom.data.tables.dialect import Dialect, find_dialect
from seqloom.data.tables.encodings import FoundEncoding, checked_encoding, find_encoding
from seqloom.data.tables.fasttext import COLUMNS, MARK, fasttext_records
from seqloom.data.tables.json_lines import in_list, json_records
from seqloom.data.tables.opened import FIRST, Opened, headed, opened_rows
from seqloom.data.tables.records import NumberedLines, Record, separated
from seqloom.data.tables.writing import Appended, JsonLines
from seqloom.data.text.reader import shown, text_size
from seqloom.errors import DataError

__all__ = ["Reading", "open_path", "open_stream"]

_HEAD: Final = 1 << 18
_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class Reading:
    """How a table is to be read, where it is not to be found out: encoding, separator, whether it has a header.

    With ``lines`` each line is a text, the only cell of its row.
    """

    encoding: str | None = None
    separator: str | None = None
    header: bool | None = None
    lines: bool = False


@contextmanager
def open_path(path: Path, reading: Reading) -> Iterator[Opened]:
    """Open a csv, tsv or json file, lines of fastText, an xlsx or a parquet file, by what is in it and by its name;
    text may be packed by gzip.

    Raises DataError for a file that is none of these, MissingExtraError where a package is missing to read it.
    """
    name = shown(str(path))
    text_size(path)
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    with path.open("rb") as file:
        head = file.read(4)
    if suffix in (".parquet", ".pq") or head == b"PAR1":
        with open_parquet(path, name) as opened:
            yield opened
    elif suffix in (".xlsx", ".xlsm") or head == b"PK\x03\x04":
        with open_workbook(path, name, reading.header) as opened:
            yield opened
    else:
        with _unpacked(path, name, packed=head[:2] == b"\x1f\x8b") as file:
            if reading.encoding is None:
                found = find_encoding(iter(lambda: file.read(_BLOCK), b""), name)
            else:
                found = FoundEncoding(checked_encoding(reading.encoding))
            head = _rewound(file)
            with io.TextIOWrapper(file, found.name) as text:
                yield _text(text, head, found, name, suffix, reading)


@contextmanager
def _unpacked(path: Path, name: str, packed: bool) -> Iterator[BinaryIO]:
    """A file, read through gzip if it is packed so; DataError where that is cut off or damaged."""
    try:
        with path.open("rb") as file, cast(BinaryIO, gzip.open(file)) if packed else nullcontext(file) as opened:
            yield opened
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{name}: the packed file is cut off or damaged. Copy or export it again.") from error


@contextmanager
def open_stream(stream: BinaryIO, name: str, reading: Reading) -> Iterator[Opened]:
    """Open what comes through a pipe, by its first bytes: it is read once, however long it is."""
    head = stream.read(_HEAD)
    if not head:
        raise DataError(f"{name} is empty: there is nothing to read.")
    found = (
        find_encoding(iter([head[: head.rfind(b"\n") + 1] or head]), name)
        if reading.encoding is None
        else FoundEncoding(checked_encoding(reading.encoding))
    )
    with io.TextIOWrapper(io.BufferedReader(_After(head, stream)), found.name) as text:
        yield _text(text, head, found, name, "", reading)


def _rewound(file: BinaryIO) -> bytes:
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(0)
    return head


class _After(io.RawIOBase):
    """Bytes that were read already, and the stream that they came from."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = memoryview(head), stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self._head[: len(buffer)] or self._stream.read(len(buffer))
        self._head = self._head[len(block) :]
        buffer[: len(block)] = block
        return len(block)


def _text(text: TextIO, head: bytes, found: FoundEncoding, name: str, suffix: str, reading: Reading) -> Opened:
    """A text file that is read from its start, where it has ``head``."""
    whole = len(head) < _HEAD
    sample = codecs.getincrementaldecoder(found.name)("replace").decode(head, whole)
    newline = "\r\n" if "\r\n" in sample else "\r" if "\r" in sample and "\n" not in sample else "\n"
    lines = NumberedLines(text, name)
    remarks = [found.remark] if found.remark else []
    if reading.lines:
        plain = (Record(number, [line.rstrip("\n")], line.rstrip("\n")) for number, line in lines)
        return opened_rows(name, ["text"], plain, Appended(found.name, newline), remarks)
    begun = sample.lstrip()
    if begun.startswith("{") or suffix in (".jsonl", ".ndjson", ".json"):
        columns: list[str] = []
        records = json_records(in_list(lines, name) if begun.startswith("[") else lines, lines, name, columns)
        first = list(islice(records, FIRST))
        return opened_rows(name, columns, chain(first, records), JsonLines(found.name, newline), remarks, bool(first))
    if begun.startswith(MARK):
        records = fasttext_records(lines)
        return opened_rows(name, list(COLUMNS), records, Appended(found.name, newline), remarks)
    dialect = find_dialect(sample, whole, found.name)
    if reading.separator is not None:
        dialect = replace(dialect, separator=reading.separator)
    return headed(separated(_stated(lines, dialect), dialect, name), lines, dialect, name, reading.header, remarks)


def _stated(lines: NumberedLines, dialect: Dialect) -> Iterator[tuple[int, str]]:
    """The lines, without a first one that states the separator, as spreadsheets write it; spaces around cells apart."""
    for number, text in lines:
        if number > 1 or text.strip().lower() != f"sep={dialect.separator}":
            yield number, text if dialect.separator != " " else f"{text.strip()}\n"
