"""Large tables take little memory, at once and as a stream."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from seqloom.data.tables import Choice, Sought, read_table
from seqloom.data.tables.cells import Cells
from seqloom.data.tables.opening import Reading, open_stream
from seqloom.data.unnamed import Unnamed
from seqloom.tasks.tables.predicting import answers

_READS = """
import resource, sys
from seqloom.data.tables import choose_columns, divide, labelled, read_table
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
before = peak()
found = labelled(read_table(sys.argv[1]), choose_columns(read_table(sys.argv[1], most=99)))
divide(found, 0.1, 0)
print(peak() - before, len(found), found[len(found) - 1])
"""


@pytest.mark.slow
def test_a_table_takes_a_fraction_of_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w") as file:
        file.write("text,label\n")
        for number in range(200_000):
            file.write(f'"{number}: {"so it was and so it goes " * 12}",{"ab"[number % 2]}\n')
    run = subprocess.run([sys.executable, "-c", _READS, str(path)], capture_output=True, text=True, check=True)
    grown, count, last = run.stdout.split(" ", 2)
    assert (int(count), last[:7]) == (200_000, "199999:")
    assert path.stat().st_size > 60e6
    assert int(grown) < 40e6


def test_cells_are_read_in_any_order_and_outlive_their_table(tmp_path: Path) -> None:
    with Unnamed("cells", None) as file:
        cells = Cells(file)
        texts = [f"{place} ä\n" * (place % 5) for place in range(1000)]
        for begin in range(0, 1000, 256):
            cells.write(texts[begin : begin + 256])
        assert [cells[place] for place in (999, 0, 256, -1, 512)] == [texts[place] for place in (999, 0, 256, 999, 512)]
        assert (list(cells), cells[250:260], len(cells)) == (texts, texts[250:260], 1000)
        with pytest.raises(IndexError):
            cells[1000]
    (tmp_path / "a.csv").write_text("text,label\nfine,a\n")
    assert list(read_table(tmp_path / "a.csv").cells("text")) == ["fine"]


class _Echo:
    """A model that answers with the length of a text."""

    def predict(self, texts: list[str]) -> list[float]:
        return [float(len(text)) for text in texts]


class _Endless(io.RawIOBase):
    """A table that is made as it is read, and says how far that is."""

    def __init__(self, rows: int) -> None:
        self.given = 0
        self._lines: Iterator[bytes] = (b"text\n" if row == 0 else b"%d is a number\n" % row for row in range(rows + 1))

    def read(self, size: int = -1) -> bytes:
        found = b"".join(islice(self._lines, size // 20))
        self.given += found.count(b"\n")
        return found


def test_predictions_stream_by() -> None:
    stream = _Endless(60_000)
    choice = Choice(("text",), "label", Sought.NUMBER)
    with open_stream(stream, "standard input", Reading()) as opened:  # type: ignore[arg-type]
        found = answers(_Echo(), opened, choice, ["prediction"])
        first = next(found)
        assert (first.record.cells, first.added) == (["1 is a number"], {"prediction": 13.0})
        assert stream.given < 30_000
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        count = sum(1 for _ in found)
        assert count == 59_999
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
