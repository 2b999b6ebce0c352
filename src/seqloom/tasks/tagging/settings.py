"""The settings of a tagger; light, for the command line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from seqloom.errors import UsageError
from seqloom.settings import SHARE, Key, OneOf, Range, Section
from seqloom.settings.text import MoreWords
from seqloom.tasks.examples.settings import ExampleSettings
from seqloom.tasks.tables.columns import Names

__all__ = ["TaggerSettings"]

_WIDTH = Range(least=1, most=1 << 16)
_LONGEST = Range(least=0, most=16)
_DATA, _MODEL = Section("Data"), Section("Model")


@dataclass(frozen=True)
class TaggerSettings(ExampleSettings):
    """See :class:`seqloom.tasks.tagging.tagger.Tagger`, whose arguments these are.

    >>> TaggerSettings(characters="lstm(32)", dropout=1.0)
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: 2 problems in the tagger:
      dropout: expected a number from 0 to below 1, got 1.0.
      characters: lstm(32): this gives an output at every step, but here a row needs one. End it as in
        'lstm(32) + pool(last)'.
    """

    title = "the tagger"
    may_change = (
        *ExampleSettings.may_change,
        "vectors",
        "more_words",
        "dropout",
        "word_dropout",
        "target",
        "group",
        "time",
        "encoding",
    )

    spec: Annotated[
        str, "Layers over a sentence: lstm(128) bidirectional, or lstm(128) to stream.", _MODEL, Key("model")
    ] = "lstm(128) bidirectional"
    characters: Annotated[str, "Layers over the characters of a word, and how they are pooled.", _MODEL] = (
        "lstm(32) bidirectional + pool(last)"
    )
    affixes: Annotated[
        int | None,
        _LONGEST,
        "Beginnings and ends of words up to so long have a vector, too (0: none; default: 4).",
        _MODEL,
    ] = None
    embedding: Annotated[
        int | None, _WIDTH, "Width of the vector of a word (default: 100, or that of the vectors).", _MODEL
    ] = None
    vectors: Annotated[
        str | None, "A text file with a vector for each word: GloVe, word2vec, fastText (.vec).", _DATA
    ] = None
    more_words: Annotated[MoreWords, _DATA] = 10_000
    crf: Annotated[bool, "Score the tags of a sentence together (a conditional random field).", _MODEL] = True
    dropout: Annotated[float, SHARE, "Share of units dropped before the layers and before the head.", _MODEL] = 0.5
    word_dropout: Annotated[
        float, SHARE, "Share of words seen once that are learned as unknown; of others fewer.", _MODEL
    ] = 0.5
    target: Annotated[
        str | None, "The column of tags, by name or number, from 1 (default: UPOS in CoNLL-U, else the last).", _DATA
    ] = None
    group: Annotated[str | None, "The column that says whose step a row is, of series with a step a row.", _DATA] = None
    time: Annotated[str | None, "The column that says when a step was.", _DATA] = None
    input: Annotated[
        str | None, Names(), "The channels to read, with commas between, of series with a step a row.", _DATA
    ] = None
    encoding: Annotated[str | None, "Of the file, as Python names it: utf-8, cp1252, …", _DATA] = None
    decimal: Annotated[str | None, OneOf((".", ",")), "What stands before decimals in a table of series.", _DATA] = None

    def conflicts(self) -> Iterator[str]:
        from seqloom.layers import parse_spec

        for name, pools in (("spec", False), ("characters", True)):
            try:
                spec = parse_spec(getattr(self, name))
                if pools:
                    spec.build_pooled(1)
                elif not spec.build(1).keeps_time:
                    yield f"{name}: every step has a tag, but a layer here has fewer outputs. Leave strides out."
            except UsageError as error:
                yield f"{name}: {error}"
