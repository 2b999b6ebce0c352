"""Tables that cannot be used: each refused with its file, line and column; or repaired, and that said."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import pytest

from seqloom.data.tables import Asked, Labelled, choose_columns, labelled, read_table
from seqloom.errors import DataError, MissingExtraError, SeqloomError, UsageError

GOOD = [f"a text number {n},{'pos' if n % 2 else 'neg'}" for n in range(12)]


def _learn(path: Path, strict: bool = False, **given: Any) -> Labelled:
    table = read_table(path)
    return labelled(table, choose_columns(table, Asked(**given)), strict)


def _file(tmp_path: Path, text: str | bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _rows(*more: str, head: str = "text,label") -> str:
    return "\n".join([head, *GOOD, *more]) + "\n"


REFUSED: dict[str, tuple[str, type[SeqloomError], list[str]]] = {
    "ragged": (
        _rows("it is good, really good,pos", "fine,pos", "only this"),
        DataError,
        ["expected 2 cells in each row", "line 14 has 3, line 16 has 1", "(2 rows in all)"],
    ),
    "a title above the names": (
        "Survey 2024\n" + _rows(),
        DataError,
        ["the first row has 1 cell, all others have 2. If it is a title above the names of"],
    ),
    "a title with a comma": (
        "Survey, 2024\n" + "".join(f"{row},{place}\n" for place, row in enumerate(GOOD)),
        DataError,
        ["the first row has 2 cells, all others have 3. If it is a title above the names"],
    ),
    "an unclosed quote": (
        _rows('"a good one,pos', *(f"more {n},neg" for n in range(1000))),
        DataError,
        ["line 14: a quote is opened and not closed, to the end of the file"],
    ),
    "an unclosed quote that another one meets": (
        _rows('"a good one,pos', *GOOD, '"well",neg'),
        DataError,
        ["line 14: a quote is opened and not closed, to line 27"],
    ),
    "an unclosed quote that another one closes": (
        _rows('"a good one,pos', *GOOD, 'and ",neg'),
        DataError,
        ["line 14: the quote that opens there is closed in line 27 only", "12 lines between look like rows"],
    ),
    "a quote inside of a cell": (_rows('"a "good" one",pos'), DataError, ["line 14: a quote stands where none can"]),
    "a column twice": (
        _rows(head="text,text"),
        DataError,
        ["line 1: two columns have one name: 'text' is column 1 and 2"],
    ),
    "cut in the middle of a line": (
        _rows() + "a text that is",
        DataError,
        ["line 14: the file ends in the middle of the line, after 1 of 2 cells"],
    ),
    "names alone": ("text,label\n", DataError, ["names of columns ('text', 'label'), but no rows"]),
    "nothing but separators": (",\n,\n", DataError, ["has no rows"]),
    "one class": ("text,label\nso it is,pos\nor is it,pos\n", DataError, ["column 'label': every row has 'pos'"]),
    "one row": ("text,label\nso it is,pos\n", DataError, ["1 row with a text and a target; expected at least 2"]),
    "nothing to predict": ("text\nso it is\nis it so\n", DataError, ["no column to predict", "'text' (text)"]),
    "nothing to read": ("a,label\n1.5,x\n2.5,y\n3.5,x\n4.5,y\n", DataError, ["no column of text to read"]),
    "two faults at once": (
        "text,label\npos,pos\npos,pos\n",
        DataError,
        ["cannot be learnt from:\n", "every row has 'pos'", "'label' is equal to the input 'text'"],
    ),
    "a zero byte": ("text,label\nso\0,a\n", DataError, ["is no text: byte 0x00 at offset 13"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_file_and_place(case: str, tmp_path: Path) -> None:
    text, kind, parts = REFUSED[case]
    path = _file(tmp_path, text)
    with pytest.raises(kind) as caught:
        _learn(path)
    assert str(path) in str(caught.value)
    for part in parts:
        assert part in str(caught.value)


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    path = _file(tmp_path, _rows())
    for given in ({"target": "lable"}, {"inputs": ("texte",)}, {"group": "txet"}):
        with pytest.raises(UsageError, match=r"has no column .*; it has 'text', 'label'. Did you mean"):
            _learn(path, **given)
    with pytest.raises(UsageError, match="one of the inputs, too"):
        _learn(path, target="label", inputs=("label",))


def test_a_word_among_numbers_is_named(tmp_path: Path) -> None:
    rows = "".join(f"text {n} is here,{n}.5\n" for n in range(999))
    path = _file(tmp_path, f"text,score\n{rows}the last of all,many\n")
    with pytest.raises(
        DataError, match=r"column 'score': expected numbers in all 1,000 rows, but line 1001 has 'many'"
    ):
        _learn(path)
    both = _file(tmp_path, f"text,score\n{rows}the last of all,many\nno the last,few\n")
    with pytest.raises(DataError, match="line 1001 has 'many', line 1002 has 'few'"):
        _learn(both)
    for nothing in ("", "n/a", "-", "NULL"):
        found = _learn(_file(tmp_path, f"text,score\n{rows}the last of all,{nothing}\n"))
        assert len(found.y) == 999
        assert found.remarks == ["Left out 1 with no 'score' (line 1001)."]


def test_a_decimal_comma_among_points_is_named(tmp_path: Path) -> None:
    rows = "".join(f"text {n} is here;{n}.5\n" for n in range(20))
    path = _file(tmp_path, f"text;score\n{rows}the last of all;2,5\n")
    with pytest.raises(DataError, match=r"line 22 has '2,5'"):
        _learn(path)


def test_two_readings_of_numbers_are_both_named(tmp_path: Path) -> None:
    path = _file(tmp_path, "text;amount\n" + "".join(f"so it is {n};{n}.{n}00\n" for n in range(1, 9)))
    table = read_table(path)
    with pytest.raises(UsageError, match=r"line 2: '1.100' is 1.1 with a decimal point and 1100 with a decimal comma"):
        table.numbers("amount")
    assert read_table(path, decimal=",").numbers("amount")[0] == 1100
    assert read_table(path, decimal=".").numbers("amount")[0] == 1.1
    told = _file(tmp_path, "text;amount;other\n" + "".join(f"so it is {n};{n}.{n}00;0,5\n" for n in range(1, 9)))
    assert read_table(told).numbers("amount")[0] == 1100
    with pytest.raises(UsageError, match="decimal: expected"):
        read_table(path, decimal="x")


def test_two_readings_of_dates_are_both_named(tmp_path: Path) -> None:
    path = _file(tmp_path, "text,day\n" + "".join(f"so it is {n},{n}/2/2024\n" for n in range(1, 9)))
    with pytest.raises(
        UsageError, match=r"'1/2/2024' is 01 February 2024 \(day-first\) or 02 January 2024 \(month-first\)"
    ):
        read_table(path).dates("day")
    told = _file(tmp_path, path.read_text() + "the last,31/12/2023\n")
    assert [str(day)[:10] for day in read_table(told).dates("day")[[0, -1]]] == ["2024-02-01", "2023-12-31"]
    mixed = _file(tmp_path, told.read_text() + "not so,12/31/2023\n" + "and so,30/12/2023\n" * 30)
    with pytest.raises(DataError, match=r"column 'day': expected dates in all .* line 11 has '12/31/2023'"):
        read_table(mixed).dates("day")


def test_rows_that_lack_something_are_left_out_and_counted(tmp_path: Path) -> None:
    path = _file(tmp_path, _rows(",pos", "  ,neg", "a text without,", ", ", "fine, pos"))
    found = _learn(path)
    assert len(found.X) == len(found.y) == 13
    assert (found.X[-1], found.y[-1], found.place(12)) == ("fine", "pos", f"{path}, line 18")
    assert found.remarks == ["Left out 2 with an empty text (lines 14, 15) and 1 with no 'label' (line 16)."]
    with pytest.raises(DataError) as caught:
        _learn(path, strict=True)
    for part in ("2 with an empty text", "1 with no 'label' (line 16)", "1 labels with white space", "(line 18)"):
        assert part in str(caught.value)


@pytest.mark.parametrize("nothing", ["NA", "N/A", "n/a", "None", "none", "null", "nan", "-", "--", "?", "."])
def test_words_for_nothing_are_no_class(nothing: str, tmp_path: Path) -> None:
    found = _learn(_file(tmp_path, _rows(f"a text that is here,{nothing}", "one more,")))
    assert set(found.y) == {"pos", "neg"}
    said = "" if nothing == "nan" else f", or {nothing!r}"
    assert found.remarks == [f"Left out 2 with no 'label'{said} (lines 14, 15)."]


def test_a_frequent_word_for_nothing_is_a_class_and_that_is_said(tmp_path: Path) -> None:
    found = _learn(_file(tmp_path, _rows(*(f"the text {n} has nothing,None" for n in range(6)), "so so,NA")))
    assert set(found.y) == {"pos", "neg", "None"}
    assert found.remarks[0] == "Left out 1 with no 'label', or 'NA' (line 20)."
    assert found.remarks[1].startswith("label: 'None' in 6 of 19 rows is taken for a class.")


def test_signs_beside_signs_are_classes(tmp_path: Path) -> None:
    rows = [f"the text {n} is here,{'+' if n else '-'}" for n in range(12)]
    assert set(_learn(_file(tmp_path, "\n".join(["text,label", *rows, ""]))).y) == {"+", "-"}


def test_two_numbers_and_nothing_are_two_classes(tmp_path: Path) -> None:
    rows = [f"the text {n} is here,{n % 2 if n < 10 else 'NA'}" for n in range(12)]
    assert _learn(_file(tmp_path, "\n".join(["text,won", *rows, ""]))).y == ["0", "1"] * 5
    truths = [f"the text {n} is here,{bool(n % 2) if n < 10 else 'None'}" for n in range(12)]
    assert set(_learn(_file(tmp_path, "\n".join(["text,won", *truths, ""]))).y) == {"true", "false"}


@pytest.mark.parametrize("last", ["po", "positively"])
def test_a_last_label_that_is_cut_short_is_refused(last: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"line 14: the file ends without the end of a line, after the label '{last}'"):
        _learn(_file(tmp_path, _rows() + f"a good thing,{last}"))
    assert len(_learn(_file(tmp_path, _rows() + f"a good thing,{last}\n")).y) == 13


def test_a_last_line_without_its_end_is_whole_where_its_label_is_known(tmp_path: Path) -> None:
    assert len(_learn(_file(tmp_path, _rows() + "a good thing,pos")).y) == 13
    assert len(_learn(_file(tmp_path, "label,text\nx,so it is\nx,so it was\nx,or was it\ny,is it s")).y) == 4


def test_labels_that_hardly_differ_are_named(tmp_path: Path) -> None:
    found = _learn(_file(tmp_path, _rows("a good one,Pos", "a better one,p os")))
    assert "the labels 'pos', 'Pos', 'p os' differ in case or spaces alone and count as 3" in found.remarks[0]


JSON: dict[str, tuple[str, list[str]]] = {
    "no JSON": ('{"text": "a b", "label": "x"}\n{"text": "c", \n{"text": "d"}\n', ["line 2: no JSON"]),
    "cut off": ('{"text": "a b", "label": "x"}\n{"text": "c", ', ["line 2: the file ends in the middle of the line"]),
    "no object": ('{"text": "a b", "label": "x"}\n[1, 2]\n', ["line 2: expected a JSON object, got a list"]),
    "a key twice": ('{"text": "a", "text": "b"}\n', ["line 1: a key stands there twice", "'text'"]),
    "a list that is cut off": ('[\n{"text": "a"},\n{"text": ', ["line 3: the list of JSON objects is damaged there"]),
    "all rows under a name": (
        '{"data": [{"text": "a b", "label": "x"}, {"text": "c", "label": "y"}]}\n',
        ["expected an object for each row", "a single object whose 'data' holds them: write that list alone"],
    ),
    "all rows under a name, on several lines": (
        '{\n "data": [\n  {"text": "a b"}\n ]\n}\n',
        ["one list of objects [{"],
    ),
    "columns": (
        '{"text": {"0": "a b", "1": "c"}, "label": {"0": "x", "1": "y"}}\n',
        ["expected an object for each row", "a single object of columns: write it row by row"],
    ),
    "a list of other things": ("[1, 2]\n", ["line 1: expected a JSON object, got a number"]),
}


@pytest.mark.parametrize("case", JSON)
def test_json_lines_that_are_none(case: str, tmp_path: Path) -> None:
    text, parts = JSON[case]
    path = _file(tmp_path, text, "a.jsonl")
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert all(part in str(caught.value) for part in [str(path), *parts])


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    mixed = _file(tmp_path, "text,label\nGröße,a\n".encode() + "Größe,b\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"is UTF-8 up to offset 23, where byte 0xf6 is none of it.*--encoding"):
        read_table(mixed)
    with pytest.raises(DataError, match="line 3: byte 0xf6 is no utf-8"):
        read_table(mixed, encoding="utf-8")
    with pytest.raises(DataError, match="neither UTF-8 nor cp1252"):
        read_table(_file(tmp_path, b"text,label\n\x81\x8d\xff,a\n"))
    with pytest.raises(UsageError, match="encoding: expected one that Python knows"):
        read_table(mixed, encoding="utf-9")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.parquet", b"text,label\nso,1\n", "is no parquet file"),
        ("a.parquet", b"PAR1 and then no more", "ends before its end"),
        ("a.parquet", b"PAR1" + bytes(30) + b"PAR1", "is no parquet file that can be read"),
        ("a.xlsx", b"text,label\nso,1\n", "is no workbook"),
        ("a.xlsx", b"PK\x05\x06" + bytes(18), "is no workbook that can be read"),
        ("a.csv", b"", "is empty"),
    ],
)
def test_files_that_are_not_what_they_are_called(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    pytest.importorskip("openpyxl")
    path = _file(tmp_path, data, name)
    with pytest.raises(DataError, match=message) as caught:
        read_table(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("package", "name", "data"), [("pyarrow", "a.parquet", b"PAR1PAR1"), ("openpyxl", "a.xlsx", b"")]
)
def test_a_missing_package_is_named(
    package: str, name: str, data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not data:
        openpyxl = pytest.importorskip("openpyxl")
        openpyxl.Workbook().save(tmp_path / name)
    else:
        (tmp_path / name).write_bytes(data)
    for module in [module for module in sys.modules if module.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'seqloom\[{Path(name).suffix[1:]}\]'") as caught:
        read_table(tmp_path / name)
    assert caught.value.exit_code == 7


def test_millions_of_rows_of_nothing_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqloom.data.tables.records._NOTHING", 20_000)
    for nothing in ("\n", ",\n", " , \n"):
        path = _file(tmp_path, "text,label\nfine,pos\n" + nothing * 50_000)
        with pytest.raises(DataError, match=r"line 200\d\d: 20,001 rows without anything in them"):
            read_table(path)
    trailing = _file(tmp_path, "text,label\nfine,pos\n\n\nso so,neg\n" + ",\n" * 15_000)
    assert [read_table(trailing).line(row) for row in range(2)] == [2, 5]


def test_a_packed_table_that_is_cut_off(tmp_path: Path) -> None:
    path = _file(tmp_path, gzip.compress(_rows(*(f"text {n},pos" for n in range(9999))).encode())[:-500], "a.csv.gz")
    with pytest.raises(DataError, match="the packed file is cut off or damaged"):
        read_table(path)


def test_a_row_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqloom.data.tables.records.LONGEST", 1000)
    with pytest.raises(DataError, match="line 14: longer than 1,000 characters"):
        read_table(_file(tmp_path, _rows("x" * 2000 + ",pos")))
    with pytest.raises(DataError, match="line 14: the row that begins there has more than 1,000 characters"):
        read_table(_file(tmp_path, _rows('"x' + 100 * (20 * "x" + "\n"))))


def test_what_is_no_table_in_memory() -> None:
    for nothing in ([1, 2], 3, {"text": ["a"]}):
        with pytest.raises(UsageError, match="Expected the path of a table or a frame"):
            read_table(nothing)
