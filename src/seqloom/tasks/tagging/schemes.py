"""Spans as tags, one a token, and back: a letter says where in a span the token stands, then comes the span's type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import torch

from seqloom.choice import Choice
from seqloom.layers import Legal

__all__ = ["OUTSIDE", "Scheme", "Span", "legal", "recognised"]

OUTSIDE: Final = "O"
_LETTERS: Final = {"IOB1": "IB", "IOB2": "IB", "IOBES": "IBES", "BILOU": "IBLU"}
_AS_IOBES: Final = {"L": "E", "U": "S"}


class Span(NamedTuple):
    """The tokens from ``begin`` up to ``end`` are one ``type``."""

    type: str
    begin: int
    end: int


class Scheme(Choice):
    """What the letters mean; the words "a b" of one type, then "c" alone, are:

    ========= ======= ======= ======= ===========================================================================
    ``IOB2``  B-X     I-X     B-X     every span begins with B
    ``IOB1``  I-X     I-X     B-X     B only where a span follows another one of its type (Ramshaw & Marcus, 1995)
    ``IOBES`` B-X     E-X     S-X     E ends a span, S is one of a single token
    ``BILOU`` B-X     L-X     U-X     the same with other letters (Ratinov & Roth, 2009)
    ========= ======= ======= ======= ===========================================================================

    O is outside of all spans.

    >>> Scheme.IOB2.spans(["B-X", "I-X", "O", "B-Y"])
    [Span(type='X', begin=0, end=2), Span(type='Y', begin=3, end=4)]
    >>> Scheme.IOBES.tags(_, length=4)
    ['B-X', 'E-X', 'O', 'S-Y']
    """

    IOB1 = "IOB1"
    IOB2 = "IOB2"
    IOBES = "IOBES"
    BILOU = "BILOU"

    def spans(self, tags: Sequence[str]) -> list[Span]:
        """The spans of one sentence, read strictly: what this scheme does not know for a span is none.

        So ``I-X`` that nothing began is outside, but for IOB1, where it begins one; and in IOBES what is not ended is
        no span. These are the spans of seqeval's strict mode.
        """
        found: list[Span] = []
        begun: tuple[str, int] | None = None
        for place, (letter, kind) in enumerate([*map(_parts, tags), _parts(None)]):
            if begun is not None and begun[0] == kind and letter in ("I", "E"):
                if letter == "E":
                    found.append(Span(kind, begun[1], place + 1))
                    begun = None
                continue
            if begun is not None and not self._is_closed:
                found.append(Span(*begun, place))
            begins = letter == "B" or (letter == "I" and self is Scheme.IOB1)
            begun = (kind, place) if begins else None
            if letter == "S":
                found.append(Span(kind, place, place + 1))
        return found

    def tags(self, spans: Iterable[Span], length: int) -> list[str]:
        """The inverse of :meth:`spans`, for a sentence of ``length`` tokens."""
        tags = [OUTSIDE] * length
        before = Span("", -1, -1)
        for span in spans:
            kind = f"-{span.type}" if span.type else ""
            touches = (before.type, before.end) == (span.type, span.begin)
            letters = ["I"] * (span.end - span.begin)
            if self is not Scheme.IOB1 or touches:
                letters[0] = "B"
            if self._is_closed:
                letters[-1] = "E" if len(letters) > 1 else "S"
            tags[span.begin : span.end] = [self._written(letter) + kind for letter in letters]
            before = span
        return tags

    def is_legal(self, before: str | None, after: str | None) -> bool:
        """Whether one tag may follow another; None stands for the border of a sentence.

        >>> Scheme.IOB2.is_legal("O", "I-X"), Scheme.IOB1.is_legal("O", "I-X"), Scheme.IOBES.is_legal("B-X", None)
        (False, True, False)
        """
        (was, of), (letter, kind) = _parts(before), _parts(after)
        goes_on = was in ("B", "I") and of == kind
        if self is Scheme.IOB1:
            return letter != "B" or goes_on
        if self is Scheme.IOB2:
            return letter != "I" or goes_on
        return goes_on if letter in ("I", "E") else was not in ("B", "I")

    def illegal(self, tags: Sequence[str]) -> list[int]:
        """The places whose tag may not follow the one before it; the sentence's length, where it may not end so.

        >>> Scheme.IOBES.illegal(["O", "I-X", "S-X", "B-X"])
        [1, 2, 4]
        """
        return [place for place, pair in enumerate(pairwise([None, *tags, None])) if not self.is_legal(*pair)]

    @property
    def _is_closed(self) -> bool:
        """Whether the end of a span has a letter of its own."""
        return len(_LETTERS[self]) > 2

    def _written(self, letter: str) -> str:
        return _LETTERS[self]["IBES".index(letter)]


def recognised(sentences: Iterable[Sequence[str]], usual: Scheme = Scheme.IOB2) -> Scheme | None:
    """The scheme that all tags of a file are of, or None where some are of none, as parts of speech are.

    IOB1 and IOB2 have the same letters: it is the one with fewer illegal places, and the ``usual`` one where several
    have as many. Letters without a type are of a scheme as B, I and O alone; others may mean anything.

    >>> recognised([["O", "I-X"]]), recognised([["B-X", "O"]]), recognised([["NOUN", "O"]])
    (<Scheme.IOB1: 'IOB1'>, <Scheme.IOB2: 'IOB2'>, None)
    """
    pairs: Counter[tuple[str | None, str | None]] = Counter()
    for tags in sentences:
        pairs.update(pairwise([None, *tags, None]))
    seen = {after for _, after in pairs if after is not None}
    letters = {tag.partition("-")[0] for tag in seen - {OUTSIDE}}
    if letters & seen and not {"B", OUTSIDE} <= seen <= {"B", "I", OUTSIDE}:
        return None

    def misplaced(scheme: Scheme) -> int:
        return sum(count for pair, count in pairs.items() if not scheme.is_legal(*pair))

    order = usual, Scheme.IOB2, Scheme.IOB1, Scheme.IOBES, Scheme.BILOU
    fitting = [scheme for scheme in order if letters and letters <= {*_LETTERS[scheme]}]
    return min(fitting, key=misplaced, default=None)


def legal(names: Sequence[str], scheme: Scheme | None) -> Legal:
    """What may follow what among the tags with these ``names``; without a scheme, all may.

    >>> legal(["O", "B-X", "I-X"], Scheme.IOB2).transitions.long()
    tensor([[1, 1, 0],
            [1, 1, 1],
            [1, 1, 1]])
    """

    def may(before: str | None, after: str | None) -> bool:
        return scheme is None or scheme.is_legal(before, after)

    return Legal(
        torch.tensor([may(None, name) for name in names]),
        torch.tensor([[may(before, after) for after in names] for before in names]),
        torch.tensor([may(name, None) for name in names]),
    )


def _parts(tag: str | None) -> tuple[str, str]:
    """The letter, as of IOBES, and the type of a tag; the border of a sentence is outside."""
    letter, _, kind = (tag or OUTSIDE).partition("-")
    return _AS_IOBES.get(letter, letter), kind
