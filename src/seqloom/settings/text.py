"""The words with which any task that reads text is told how; here, so that they can be listed without the readers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from seqloom.settings.range import Range

__all__ = ["Document", "MoreWords", "Start", "Tokens"]

MoreWords = Annotated[
    int,
    Range(least=0, most=1_000_000),
    "So many words that stand first in the file of vectors are known, whether training had them or not.",
]
"""How many words a model keeps by their pretrained vectors alone."""


class Document(StrEnum):
    """What one document is. ``<eos>`` stands in place of the newlines that end it, except for FILE."""

    FILE = "file"
    LINE = "line"
    BLANK_LINE = "blank-line"


class Start(StrEnum):
    """The input from which the first token of a document is predicted."""

    EOS = "eos"
    ZERO = "zero"


class Tokens(StrEnum):
    """What one token is."""

    CHARACTERS = "characters"
    BYTES = "bytes"
    WORDS = "words"
    BPE = "bpe"
    SYMBOLS = "symbols"
