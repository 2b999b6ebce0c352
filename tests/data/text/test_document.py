from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.text.document import Document, Piece, cut_pieces, split_documents, text_documents
from seqloom.data.text.sources import read_documents

CHUNKS = st.lists(st.text("ab \t\n", max_size=6), max_size=12)


def whole(pieces: Iterable[Piece]) -> list[str]:
    documents, held = [], ""
    ended = True
    for text, ends in pieces:
        held += text
        ended = ends
        if ends:
            documents.append(held)
            held = ""
    assert ended, "the last document has no end"
    return documents


@given(CHUNKS)
def test_file(chunks: list[str]):
    text = "".join(chunks)
    assert whole(split_documents(chunks, Document.FILE)) == ([text] if text else [])


@given(CHUNKS)
def test_lines(chunks: list[str]):
    assert whole(split_documents(chunks, Document.LINE)) == [line for line in "".join(chunks).split("\n") if line]


@given(CHUNKS)
def test_paragraphs(chunks: list[str]):
    documents: list[list[str]] = [[]]
    for line in "".join(chunks).split("\n"):
        if line.strip(" \t"):
            documents[-1].append(line)
        else:
            documents.append([])
    expected = ["\n".join(lines) for lines in documents if lines]
    found = whole(split_documents(chunks, Document.BLANK_LINE))
    assert [re.sub(r"\n[ \t]*\Z", "", text) for text in found] == expected


def test_long_blank_runs_stay_bounded():
    chunks = ["a\n", *[" " * 10_000] * 20, "b"]
    assert whole(split_documents(chunks, Document.BLANK_LINE)) == ["a\n" + " " * 200_000 + "b"]
    assert all(len(piece.text) < 100_000 for piece in split_documents(chunks, Document.BLANK_LINE))


@given(CHUNKS, st.integers(1, 5))
def test_cut_pieces_keeps_documents(chunks: list[str], size: int):
    pieces = list(split_documents(chunks, Document.LINE))
    cut = list(cut_pieces(pieces, size))
    assert whole(cut) == whole(pieces)
    assert all(len(piece.text) <= size for piece in cut)


def test_files_and_texts(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbfone\r\n\r\ntwo\rthree")
    assert whole(read_documents(tmp_path / "file", Document.LINE)) == ["one", "two", "three"]
    assert whole(text_documents(["a", "", "b\n"])) == ["a", "b\n"]
