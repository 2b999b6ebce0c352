"""Divide a corpus by position: the first part to learn from, the last to judge by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from seqloom.data.text.corpus import Corpus, TokenStream
from seqloom.errors import DataError, UsageError

__all__ = ["split"]

_SEARCH = 1 << 16


def split(
    text: Corpus | TokenStream, fractions: Sequence[float] = (0.9, 0.1), window: int = 1
) -> tuple[TokenStream, ...]:
    """Cut a corpus, or a part of one, into parts with these shares of its tokens, in order.

    Where documents are many, a border moves to the next end of a document: as long as this changes neither
    neighbour by more than a quarter. The first part must hold ``window`` tokens, the others at least one.

    >>> from seqloom.data import Characters
    >>> corpus = Corpus.from_texts(["abcdefghi"], Characters("abcdefghi"))
    >>> split(corpus)
    (TokenStream(start=1, stop=10), TokenStream(start=10, stop=11))
    """
    if not fractions or min(fractions) <= 0 or not math.isclose(sum(fractions), 1, abs_tol=1e-6):
        raise UsageError(f"Expected shares above 0 that sum to 1, got {tuple(fractions)}.")
    whole = text if isinstance(text, TokenStream) else text.stream()
    corpus, total = whole.corpus, len(whole)
    ideal = [whole.start + round(total * sum(fractions[:part])) for part in range(len(fractions))] + [whole.stop]
    borders = [whole.start]
    for part in range(1, len(fractions)):
        smaller = min(ideal[part] - borders[-1], ideal[part + 1] - ideal[part])
        borders.append(max(borders[-1], _moved(corpus, ideal[part], ideal[part] + smaller // 4)))
    borders.append(whole.stop)
    parts = tuple(TokenStream(corpus, start, max(start, stop)) for start, stop in pairwise(borders))
    if len(parts[0]) < window or min(map(len, parts)) < 1:
        raise DataError(
            f"The text is too short: {total} token{'s' * (total != 1)} give {len(parts[0])} to learn from, "
            f"a window takes {window}"
            + (f", and {len(parts) - 1} more part{'s' * (len(parts) > 2)} at least 1 each" if len(parts) > 1 else "")
            + ". Use a longer text or a shorter window."
        )
    return parts


def _moved(corpus: Corpus, border: int, last: int) -> int:
    """The place after the first ``<eos>`` target in [border - 1, last), or ``border``."""
    for start in range(border - 1, last, _SEARCH):
        ends = corpus.ends(start, min(start + _SEARCH, last))
        if len(ends):
            return max(1, int(ends[0]) + 1)
    return border
