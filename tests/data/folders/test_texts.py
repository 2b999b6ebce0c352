"""Labelled texts in folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.data.folders.texts import read_labelled_texts
from seqloom.errors import DataError
from tests.data.writing import written

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def test_a_text_in_each_file(tmp_path: Path) -> None:
    found = read_labelled_texts(
        written(tmp_path, {"pos/1.txt": "very\ngood\n", "neg/2.txt": "bad", "neg/1.txt": "  \n"})
    )
    assert (found.texts, found.labels, found.names) == (
        ["bad", "very\ngood"],
        ["neg", "pos"],
        ["neg/2.txt", "pos/1.txt"],
    )
    assert found.left_out == {"empty texts": 1}


def test_a_text_in_each_line(tmp_path: Path) -> None:
    found = read_labelled_texts(written(tmp_path, {"Arabic.txt": "Khoury\n\nNahas\n", "Czech.txt": "Abl\r\n"}))
    assert (found.texts, found.labels) == (["Khoury", "Nahas", "Abl"], ["Arabic", "Arabic", "Czech"])
    assert found.names == ["Arabic.txt, line 1", "Arabic.txt, line 3", "Czech.txt, line 1"]


def test_a_pattern_that_gives_each_file_a_label_of_its_own_reads_lines(tmp_path: Path) -> None:
    files = {"names-ar.txt": "Khoury\nNahas\n", "names-cs.txt": "Abl\n"}
    found = read_labelled_texts(written(tmp_path, files), r"-(?P<label>\w+)\.")
    assert (found.texts, found.labels) == (["Khoury", "Nahas", "Abl"], ["ar", "ar", "cs"])


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected texts, found only empty ones"):
        read_labelled_texts(written(tmp_path / "a", {"x/1": " "}))
    with pytest.raises(DataError, match=r"y.txt, line 2: not UTF-8: byte 0xe9"):
        read_labelled_texts(
            written(tmp_path / "b", {"x.txt": "a", "y.txt": "é\n".encode() + "thé\n".encode("latin-1")})
        )


@pytest.mark.skipif(not SHARED.exists(), reason=f"the data of {SHARED} is not here")
@pytest.mark.parametrize(("name", "count", "classes"), [("names18", 20_050, 18), ("mr_polarity", 10_662, 2)])
def test_real_folders(name: str, count: int, classes: int) -> None:
    found = read_labelled_texts(SHARED / name)
    assert (len(found.texts), len(set(found.labels))) == (count, classes)
