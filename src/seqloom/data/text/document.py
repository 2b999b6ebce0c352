"""Where one document ends and the next begins: a whole file, each line, or what stands between blank lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from seqloom.settings.text import Document

__all__ = ["Document", "Piece", "batch_pieces", "cut_pieces", "split_documents", "text_documents"]

_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_UNDECIDED = re.compile(r"(?:\n[ \t]*)+\Z")
_LEADING_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")
_LONGEST_UNDECIDED = 1 << 16


class Piece(NamedTuple):
    """Part of a document: its text, and whether the document ends after it."""

    text: str
    ends: bool


def text_documents(texts: Iterable[str]) -> Iterator[Piece]:
    """Each text is one document; empty ones are left out."""
    return (Piece(text, True) for text in texts if text)


def split_documents(chunks: Iterable[str], document: Document) -> Iterator[Piece]:
    """Cut a streamed text into documents, in bounded memory however long a line is.

    The documents do not depend on where the chunks end. Empty ones are left out. A blank line may hold spaces and
    tabs; the indentation of the line after it is kept.

    >>> for piece in split_documents(["one\\ntw", "o\\n\\nthree\\n"], Document.LINE):
    ...     print(piece)
    Piece(text='one', ends=True)
    Piece(text='tw', ends=False)
    Piece(text='o', ends=True)
    Piece(text='three', ends=True)
    """
    if document is Document.FILE:
        return _one_document(chunks)
    if document is Document.LINE:
        return _lines(chunks)
    return _paragraphs(chunks)


def cut_pieces(pieces: Iterable[Piece], size: int) -> Iterator[Piece]:
    """The same documents in pieces of at most ``size`` characters."""
    for piece in pieces:
        start = 0
        while len(piece.text) - start > size:
            yield Piece(piece.text[start : start + size], False)
            start += size
        yield Piece(piece.text[start:], piece.ends) if start else piece


def batch_pieces(pieces: Iterable[Piece], size: int) -> Iterator[list[Piece]]:
    """Lists of pieces of about ``size`` characters."""
    batch: list[Piece] = []
    held = 0
    for piece in pieces:
        batch.append(piece)
        held += len(piece.text) + 1
        if held >= size:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _one_document(chunks: Iterable[str]) -> Iterator[Piece]:
    some = False
    for chunk in chunks:
        if chunk:
            some = True
            yield Piece(chunk, False)
    if some:
        yield Piece("", True)


def _lines(chunks: Iterable[str]) -> Iterator[Piece]:
    inside = False
    for chunk in chunks:
        *ended, rest = chunk.split("\n")
        for line in ended:
            if line or inside:
                yield Piece(line, True)
            inside = False
        if rest:
            inside = True
            yield Piece(rest, False)
    if inside:
        yield Piece("", True)


def _paragraphs(chunks: Iterable[str]) -> Iterator[Piece]:
    inside = False
    held = ""
    for chunk in chunks:
        text = held + chunk
        held = ""
        if not inside:
            blank = _LEADING_BLANK_LINES.match(text)
            if blank:
                text = text[blank.end() :]
            if not text.strip(" \t") and len(text) < _LONGEST_UNDECIDED:
                held = text
                continue
        parts = _BLANK_LINES.split(text)
        for part in parts[:-1]:
            if part or inside:
                yield Piece(part, True)
            inside = False
        rest = parts[-1]
        if not inside and not rest.strip(" \t") and len(rest) < _LONGEST_UNDECIDED:
            held = rest
            continue
        undecided = _UNDECIDED.search(rest)
        if undecided and len(rest) - undecided.start() < _LONGEST_UNDECIDED:
            held = rest[undecided.start() :]
            rest = rest[: undecided.start()]
        if rest:
            inside = True
            yield Piece(rest, False)
    if inside:
        yield Piece("", True)
