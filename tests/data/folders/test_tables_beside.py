"""Tables beside files: which of them say a text of each, with names of columns or without."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.data.folders.named_files import NamedFiles
from seqloom.data.folders.tables_beside import TablesBeside

BESIDE = TablesBeside((".csv", ".tsv", ".jsonl"), ("file",), ("text",))
FILES = NamedFiles(["a.wav", "b/c.wav"])


@pytest.mark.parametrize(
    ("name", "content", "columns", "rows"),
    [
        ("named.csv", "file,text\na.wav,one\nc,two\n", ("file", "text"), 2),
        ("by_cells.csv", "clip,said\na.wav,one more\nc.wav,two more\n", ("clip", "said"), 2),
        ("headless.csv", "a.wav,one more\nb/c.wav,two more\n", ("column 1", "column 2"), 2),
        ("lines.jsonl", '{"file": "a.wav", "text": "one"}\n{"file": "c", "text": "two"}\n', ("file", "text"), 2),
        ("values.jsonl", '{"a.wav": "a.wav", "text": "one"}\n{"a.wav": "c", "text": "two"}\n', ("a.wav", "text"), 2),
    ],
)
def test_a_table_that_names_files_is_found(
    tmp_path: Path, name: str, content: str, columns: tuple[str, str], rows: int
) -> None:
    (tmp_path / name).write_text(content)
    for other in ("labels.csv", ".hidden.csv", "notes.txt"):
        (tmp_path / other).write_text("file,text\na.wav,one\n")
    (tmp_path / "other.csv").write_text("x,y\n1,2\n")
    (tmp_path / "broken.jsonl").write_text("{")
    assert BESIDE.inside(tmp_path, FILES) == [tmp_path / name]
    table = BESIDE.read(tmp_path / name, FILES)
    assert len(table) == rows
    found = BESIDE.columns(table, FILES)
    assert found is not None
    if "column" not in columns[0]:
        assert found == columns
