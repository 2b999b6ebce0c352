"""Cures as changes of a model's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from seqloom.inspection.verdict.findings import Cure
from seqloom.layers.grammar import parse_spec
from seqloom.layers.spec import Spec, Term
from seqloom.layers.words import WORDS

__all__ = ["GATED", "NORMALISED", "UNGATED", "option", "other_word", "reworded"]

UNGATED: Final = ("elman", "indrnn", "esn")
"""Words of cells whose state is made anew at each step."""
NORMALISED: Final = {"lstm": "lnlstm", "peephole": "lnlstm", "coupled": "lnlstm", "gru": "lngru", "mgu": "lngru"}
"""The cell with layer norm that comes next to one without."""
GATED: Final = "lstm"


def reworded(says: str, words: Spec | None, change: Callable[[Term], Term | None]) -> Cure:
    """The cure that changes each term of ``words`` for which there is another; in general words where there is none."""
    terms = () if words is None else words.terms
    changed = [change(term) or term for term in terms]
    if words is None or tuple(changed) == words.terms:
        return Cure(f"{says}.")
    better = str(replace(words, terms=tuple(changed)))
    return Cure(f"{says}: --model '{better}'.", {"model": better})


def other_word(word: str, **options: object) -> Callable[[Term], Term]:
    """A change to another word of the same width, count and direction."""

    def change(term: Term) -> Term:
        inside = ", ".join([str(term.width), *(f"{name}={value}" for name, value in options.items())])
        return replace(parse_spec(f"{word}({inside})").terms[0], count=term.count, bidirectional=term.bidirectional)

    return change


def option(name: str, value: Any) -> Callable[[Term], Term | None]:
    """A change of one option, of words that have it."""

    def change(term: Term) -> Term | None:
        options: Mapping[str, Any] = dict(term.options)
        if name not in options:
            return None
        return replace(term, options=tuple({**options, name: WORDS[term.word].options[name].kind(value)}.items()))

    return change
