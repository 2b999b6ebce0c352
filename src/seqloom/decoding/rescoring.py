"""The best sequences of a search, judged once more by a language model that reads each of them to its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from seqloom.decoding.ctc import PrefixSearch, Transcript
from seqloom.decoding.fusion import Fusion

__all__ = ["RescoredSearch", "rescored"]


def rescored(found: Sequence[Transcript], fusion: Fusion) -> list[Transcript]:
    """Transcripts by ln p(tokens | input) and what ``fusion`` says of all tokens and their end, best first.

    A beginning that several have in common is read once. Source: Chan et al., 2016, "Listen, attend and spell",
    section 3.3.
    """
    places: dict[tuple[int, ...], Any] = {(): fusion.begin()}
    said: dict[tuple[int, ...], float] = {(): 0.0}
    for length in range(1, 1 + max((len(one.tokens) for one in found), default=0)):
        new = list(dict.fromkeys(one.tokens[:length] for one in found if len(one.tokens) >= length))
        for tokens in new:
            said[tokens] = said[tokens[:-1]] + float(fusion.gains(places[tokens[:-1]])[tokens[-1]])
        after = fusion.follow([places[tokens[:-1]] for tokens in new], [tokens[-1] for tokens in new])
        places |= zip(new, after, strict=True)
    judged = [
        one._replace(score=one.log_probability + said[one.tokens] + fusion.end(places[one.tokens])) for one in found
    ]
    return sorted(judged, key=lambda one: -one.score)


class RescoredSearch:
    """A prefix search of ``width`` that hears no language model until its end: then ``fusion`` judges the ``texts``
    best.

    ``feed`` is that of :class:`~seqloom.decoding.ctc.PrefixSearch`.
    """

    def __init__(self, width: int, texts: int, fusion: Fusion) -> None:
        self._search, self._texts, self._fusion = PrefixSearch(width), texts, fusion

    def feed(self, log_probabilities: NDArray[Any]) -> None:
        """Read more frames."""
        self._search.feed(log_probabilities)

    def found(self, count: int = 1, ended: bool = True) -> list[Transcript]:
        """The ``count`` best sequences so far, best first; rescored where they have ``ended``."""
        best = self._search.found(max(self._texts, count))
        return (rescored(best, self._fusion) if ended else best)[:count]
