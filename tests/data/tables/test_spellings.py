"""One table, saved in many ways, gives the same arrays; and what is written in any dialect is read back."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.data.tables import Asked, choose_columns, labelled, read_table
from seqloom.data.tables.dialect import Dialect
from seqloom.data.tables.records import Record
from seqloom.data.tables.writing import Separated

TEXTS = [
    "Good; really good, I say",
    'He said "no"',
    "Größe: so lala",
    "two\nlines",
    "café | bar",
    "what's 1.5 / 2?",
] * 5
LABELS = ["pos", "neg", "neg", "pos", "pos", "neg"] * 5
NUMBERS = [1234.5, 2.25, -3.0, 0.125, 1000000.0, 17.5] * 5
DAYS = ["2024-01-31", "2024-02-01", "2023-12-24", "2024-05-06", "2022-07-08", "2024-11-12"] * 5
HEAD = ["text", "label", "amount", "day"]


def _point(value: float) -> str:
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def _comma(value: float) -> str:
    return _point(value).translate(str.maketrans(",.", ".,"))


def _us_day(day: str) -> str:
    year, month, date = day.split("-")
    return f"{int(month)}/{int(date)}/{year}"


def _german_day(day: str) -> str:
    return ".".join(reversed(day.split("-")))


def _rows(number: Callable[[float], str] = str, day: Callable[[str], str] = str) -> list[list[str]]:
    return [
        [text, label, number(amount), day(date)]
        for text, label, amount, date in zip(TEXTS, LABELS, NUMBERS, DAYS, strict=True)
    ]


def _csv(rows: list[list[str]], **dialect: Any) -> str:
    page = io.StringIO()
    csv.writer(page, **{"lineterminator": "\n"} | dialect).writerows([HEAD, *rows])
    return page.getvalue()


def _jsonl() -> str:
    rows = zip(TEXTS, LABELS, NUMBERS, DAYS, strict=True)
    return "".join(json.dumps(dict(zip(HEAD, row, strict=True))) + "\n" for row in rows)


PLAIN = _csv(_rows())
GERMAN = _csv(_rows(_comma, _german_day), delimiter=";")
SWISS = _csv(_rows(lambda value: _point(value).replace(",", "'"), _german_day), delimiter=";")
SAVED: dict[str, tuple[str, bytes]] = {
    "csv": ("a.csv", PLAIN.encode()),
    "csv with a mark": ("a.csv", codecs.BOM_UTF8 + PLAIN.encode()),
    "csv of Windows": ("a.csv", PLAIN.encode("cp1252")),
    "csv, \\r\\n": ("a.csv", _csv(_rows(), lineterminator="\r\n").encode()),
    "csv, \\r": ("a.csv", PLAIN.replace("\n", "\r").encode()),
    "csv without a last line end": ("a.csv", PLAIN.encode().rstrip()),
    "all quoted": ("a.csv", _csv(_rows(), quoting=csv.QUOTE_ALL).encode()),
    "backslashes": ("a.csv", _csv(_rows(), doublequote=False, escapechar="\\", quoting=csv.QUOTE_ALL).encode()),
    "utf-16": ("a.csv", PLAIN.encode("utf-16")),
    "utf-16 without a mark": ("a.csv", PLAIN.encode("utf-16-le")),
    "utf-16, big end first": ("a.csv", codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be")),
    "a German spreadsheet": ("a.csv", GERMAN.encode("cp1252")),
    "a German spreadsheet, with a mark": ("a.csv", codecs.BOM_UTF8 + GERMAN.replace("\n", "\r\n").encode()),
    "a Swiss spreadsheet": ("a.csv", SWISS.encode()),
    "the separator stated": ("a.csv", ("sep=;\n" + GERMAN).encode()),
    "tsv": ("a.tsv", _csv(_rows(), delimiter="\t").encode()),
    "tabs in a csv": ("a.csv", _csv(_rows(), delimiter="\t").encode()),
    "unicode text of a spreadsheet": ("a.txt", _csv(_rows(_point, _us_day), delimiter="\t").encode("utf-16")),
    "bars": ("a.csv", _csv(_rows(), delimiter="|").encode()),
    "American": ("a.csv", _csv(_rows(_point, _us_day)).encode()),
    "dollars": ("a.csv", _csv(_rows(lambda value: f"$ {_point(value)}", _us_day)).encode()),
    "euros": ("a.csv", _csv(_rows(lambda value: f"{_comma(value)} €", _german_day), delimiter=";").encode()),
    "per cent": ("a.csv", _csv(_rows(lambda value: f"{100 * value:.1f} %")).encode()),
    "brackets": ("a.csv", _csv(_rows(lambda value: f"({-value})" if value < 0 else f"{value}")).encode()),
    "French": (
        "a.csv",
        _csv(_rows(lambda v: _point(v).replace(",", "\u202f").replace(".", ",")), delimiter=";").encode(),
    ),
    "json lines": ("a.jsonl", _jsonl().encode()),
    "json lines with a mark": ("a.jsonl", codecs.BOM_UTF8 + _jsonl().replace("\n", "\r\n").encode()),
    "a json list": ("a.json", f"[{_jsonl().strip().replace(chr(10), ', ')}]".encode()),
    "a json list on many lines": (
        "a.json",
        json.dumps([json.loads(line) for line in _jsonl().splitlines()], indent=2).encode(),
    ),
    "packed": ("a.csv.gz", gzip.compress(PLAIN.encode(), mtime=0)),
    "empty columns after the last": (
        "a.csv",
        "".join(f"{line},,\n" for line in _csv(_rows()).replace("two\nlines", "two lines").splitlines()).encode(),
    ),
}


def _arrays(source: Any) -> tuple[list[str], list[str], list[float], list[str]]:
    table = read_table(source)
    found = labelled(table, choose_columns(table, Asked(target="label")))
    texts = [text.replace("two lines", "two\nlines") for text in found.X]
    return texts, found.y, table.numbers("amount").tolist(), [str(day)[:10] for day in table.dates("day")]


@pytest.mark.parametrize("way", SAVED)
def test_one_table_saved_in_many_ways_gives_the_same_arrays(way: str, tmp_path: Path) -> None:
    name, data = SAVED[way]
    (tmp_path / name).write_bytes(data)
    texts, labels, numbers, days = _arrays(tmp_path / name)
    assert (texts, labels, days) == (TEXTS, LABELS, DAYS)
    assert numbers == NUMBERS


def test_more_than_two_dozen_ways() -> None:
    assert len(SAVED) >= 24


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_give_the_same_arrays(library: str) -> None:
    frames = pytest.importorskip(library)
    data = dict(zip(HEAD, (TEXTS, LABELS, NUMBERS, DAYS), strict=True))
    assert _arrays(frames.DataFrame(data)) == (TEXTS, LABELS, NUMBERS, DAYS)
    days = [datetime.fromisoformat(day) for day in DAYS]
    assert _arrays(frames.DataFrame(data | {"day": days})) == (TEXTS, LABELS, NUMBERS, DAYS)


def test_a_workbook_gives_the_same_arrays(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in [HEAD, *zip(TEXTS, LABELS, NUMBERS, DAYS, strict=True)]:
        book.active.append(row)
    book.create_sheet("Notes").append(["made by hand"])
    book.save(tmp_path / "a.xlsx")
    assert _arrays(tmp_path / "a.xlsx") == (TEXTS, LABELS, NUMBERS, DAYS)
    assert read_table(tmp_path / "a.xlsx").remarks == [
        f"{tmp_path / 'a.xlsx'}: read the first sheet, 'Sheet'; left out: 'Notes'."
    ]


def test_parquet_gives_the_same_arrays(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    data = dict(zip(HEAD, (TEXTS, LABELS, NUMBERS, DAYS), strict=True))
    parquet.write_table(pyarrow.table(data), tmp_path / "a.parquet")
    assert _arrays(tmp_path / "a.parquet") == (TEXTS, LABELS, NUMBERS, DAYS)


def test_what_is_no_utf_8_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(PLAIN.encode("cp1252"))
    (remark,) = read_table(tmp_path / "a.csv").remarks
    assert "read as cp1252 (it has 'Größe')" in remark
    assert read_table(tmp_path / "a.csv", encoding="cp1252").remarks == []
    assert read_table(tmp_path / "a.csv", encoding="cp1251").cells("text")[2].startswith("Grцße"[:3])


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12).filter(
    lambda text: not any(ord(character) < 32 and character not in "\t\n" for character in text)
)


@settings(max_examples=40)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, st.integers(0, 3).map(str)), min_size=3, max_size=8),
    separator=st.sampled_from(",;\t|"),
    newline=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_any_dialect_writes_is_read_back(
    rows: list[tuple[str, str, str]], separator: str, newline: str, encoding: str, tmp_path_factory: Any
) -> None:
    layout = Separated(Dialect(separator))
    page = layout.head(["text", "more", "label"], []) + "".join(layout.row(Record(1, [*row]), {}) for row in rows)
    path = tmp_path_factory.mktemp("dialects") / "a.csv"
    path.write_bytes(page.replace("\n", newline).encode(encoding))
    table = read_table(path, separator=separator)
    read = list(zip(*(table.cells(name) for name in ("text", "more", "label")), strict=True))
    assert read == rows


WORDS = st.lists(
    st.sampled_from(["so", "it's", "fine,", "a;b", '"no"', "1,5", "x | y", "well", "gut\tso", "naïve"]), min_size=1
)


@settings(max_examples=40)
@given(
    texts=st.lists(WORDS.map(" ".join), min_size=4, max_size=12),
    separator=st.sampled_from(",;\t|"),
    quoted=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_the_dialect_of_a_table_of_texts_is_found(
    texts: list[str], separator: str, quoted: int, newline: str, encoding: str, tmp_path_factory: Any
) -> None:
    page = io.StringIO()
    rows = [[text, place, "ab"[place % 2]] for place, text in enumerate(texts)]
    csv.writer(page, delimiter=separator, quoting=quoted, lineterminator="\n").writerows(
        [["text", "n", "label"], *rows]
    )
    path = tmp_path_factory.mktemp("dialects") / "a.csv"
    path.write_bytes(page.getvalue().replace("\n", newline).encode(encoding))
    table = read_table(path)
    assert list(table.columns) == ["text", "n", "label"]
    assert list(table.cells("text")) == texts
