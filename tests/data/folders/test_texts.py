"""Labelled texts in folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.data.folders.texts import read_labelled_texts
from seqloom.errors import DataError, UsageError
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


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_files_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    files = {"a/1.txt": "déjà vu\r\nici\n".encode(encoding), "b/1.txt": "été\n".encode(encoding)}
    found = read_labelled_texts(written(tmp_path / "each", files))
    assert found.texts == ["déjà vu\nici", "été"]
    lines = {"Chinese.txt": b"so\n", "French.txt": "déjà\nété\n".encode(encoding)}
    assert read_labelled_texts(written(tmp_path / "lines", lines)).texts == ["so", "déjà", "été"]
    said = [remark for remark in found.remarks if "cp1252" in remark and "So are 1 more files" in remark]
    assert len(said) == (encoding == "cp1252")


def test_an_encoding_that_is_said(tmp_path: Path) -> None:
    files = {"a/1.txt": "мир\n".encode("cp1251"), "b/1.txt": "да\n".encode("cp1251")}
    found = read_labelled_texts(written(tmp_path / "x", files), encoding="cp1251")
    assert (found.texts, found.remarks) == (["мир", "да"], [])
    with pytest.raises(
        DataError, match=r"1\.txt is not ascii: byte 0x.* is none of it\. Say how to read it: --encoding"
    ):
        read_labelled_texts(tmp_path / "x", encoding="ascii")
    with pytest.raises(DataError, match="after line 0, is not ascii"):
        read_labelled_texts(written(tmp_path / "y", {"a.txt": files["a/1.txt"], "b.txt": b"x\n"}), encoding="ascii")
    with pytest.raises(UsageError, match="expected one that Python knows"):
        read_labelled_texts(tmp_path / "x", encoding="klingon")
