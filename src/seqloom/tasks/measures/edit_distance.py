"""How far transcripts are from the truth: word and character error rates, and the errors themselves.

WER = (substitutions + insertions + deletions) / true words, over all texts together; CER the same of characters. Texts
are compared as they are given, with one space between words (:func:`seqloom.data.text.spoken.tidy`); case and marks
count, so whoever does not want that takes :func:`seqloom.data.text.spoken.spoken` first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from seqloom.data.edits import aligned, edit_distance
from seqloom.data.text.spoken import tidy

__all__ = [
    "Edits",
    "character_error_rate",
    "confused",
    "edits_of",
    "figures_of_transcripts",
    "marked",
    "word_error_rate",
]


class Edits(NamedTuple):
    """How many items are right, and how many edits of each kind there are."""

    right: int
    substitutions: int
    insertions: int
    deletions: int

    @property
    def rate(self) -> float:
        """All edits, divided by the true items; of none, by 1."""
        return (self.substitutions + self.insertions + self.deletions) / max(
            self.right + self.substitutions + self.deletions, 1
        )


def edits_of(true: Iterable[Sequence[str]], found: Iterable[Sequence[str]]) -> Edits:
    """The edits between sequences of words, or other items, all together.

    >>> edits_of([["the", "cat", "sat"]], [["the", "hat", "sat", "down"]])
    Edits(right=2, substitutions=1, insertions=1, deletions=0)
    """
    kinds = Counter(
        "right" if a == b else "insertions" if a is None else "deletions" if b is None else "substitutions"
        for one, other in zip(true, found, strict=True)
        for a, b in aligned(one, other)
    )
    return Edits(*(kinds[name] for name in Edits._fields))


def word_error_rate(true: Sequence[str], found: Sequence[str]) -> float:
    """WER over some texts.

    >>> word_error_rate(["the cat sat", "yes"], ["the hat sat", "yes"])
    0.25
    """
    return _rate([text.split() for text in true], [text.split() for text in found])


def character_error_rate(true: Sequence[str], found: Sequence[str]) -> float:
    """CER over some texts; a space between words is a character.

    >>> character_error_rate(["the  cat"], ["the hat"])
    0.14285714285714285
    """
    return _rate(list(map(tidy, true)), list(map(tidy, found)))


def figures_of_transcripts(true: Sequence[str], found: Sequence[str]) -> dict[str, float]:
    """Word and character error rates, the share of texts that are exact, and the edits of words by kind, each divided
    by the true words.

    >>> figures_of_transcripts(["the cat sat", "yes"], ["the hat sat", "yes"])["exact"]
    0.5
    """
    words = edits_of([text.split() for text in true], [text.split() for text in found])
    total = max(words.right + words.substitutions + words.deletions, 1)
    exact = sum(a.split() == b.split() for a, b in zip(true, found, strict=True))
    return {
        "word_error_rate": words.rate,
        "character_error_rate": character_error_rate(true, found),
        "exact": exact / max(len(true), 1),
        **{name: getattr(words, name) / total for name in ("substitutions", "insertions", "deletions")},
    }


def marked(true: str, found: str) -> str:
    """Two texts as one, with the words that differ between stars: true→found, +found where nothing is true, −true.

    >>> marked("the cat sat down", "the hat sat"), marked("yes", "yes sir")
    ('the **cat→hat** sat **−down**', 'yes **+sir**')
    """
    words = []
    for a, b in aligned(true.split(), found.split()):
        words.append(f"{a}" if a == b else f"**+{b}**" if a is None else f"**−{a}**" if b is None else f"**{a}→{b}**")
    return " ".join(words)


def confused(true: Sequence[str], found: Sequence[str], most: int = 10) -> list[tuple[str, str, int]]:
    """The commonest errors: a true word ("" where there is none), what was found instead ("" likewise), how often.

    >>> confused(["nine five", "nine"], ["five five", "five"])
    [('nine', 'five', 2)]
    """
    pairs = Counter(
        (str(a or ""), str(b or ""))
        for one, other in zip(true, found, strict=True)
        for a, b in aligned(one.split(), other.split())
        if a != b
    )
    return [(a, b, count) for (a, b), count in pairs.most_common(most)]


def _rate(true: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> float:
    edits = sum(edit_distance(one, other) for one, other in zip(true, found, strict=True))
    return edits / max(sum(map(len, true)), 1)
