"""How text is drawn or searched for, as records; nothing heavy, for the command line reads its flags here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from seqloom.settings import COUNT, Key, Range, Section, Settings

if TYPE_CHECKING:
    from seqloom.decoding.filters import Filter

__all__ = ["BeamSearch", "Sampling"]

TEMPERATURE = Range(least=0)
MASS = Range(above=0, most=1)
PENALTY = Range(least=1)
_DRAWING, _SEARCHING = Section("Drawing"), Section("Searching")


@dataclass(frozen=True)
class Sampling(Settings):
    """How text is drawn, token by token; see the filters for what each does. Temperature 0 takes the likeliest token.

    Row 0 draws from ``seed``, row k from ``seed_of_row(seed, k)``.

    >>> Sampling(temperature=0.8, top_k=40).filters(forbidden=[1])
    [Forbid(tokens=(1,)), RepetitionPenalty(penalty=1.0), Temperature(value=0.8), TopK(k=40)]
    >>> Sampling(top_p=2.0)
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: 1 problem in the sampling:
      top_p: expected a number above 0 and at most 1 or None, got 2.0.
    """

    title = "the sampling"

    temperature: Annotated[float, TEMPERATURE, "Below 1 is safer, above 1 is bolder.", _DRAWING] = 1.0
    top_k: Annotated[int | None, COUNT, "Draw from the k likeliest tokens.", _DRAWING] = None
    top_p: Annotated[float | None, MASS, "Draw from the likeliest tokens of this mass.", _DRAWING] = None
    repetition_penalty: Annotated[float, PENALTY, "Above 1 avoids what was said.", _DRAWING] = 1.0
    seed: Annotated[
        int,
        Range(least=0),
        "The same seed draws the same texts; each text has a seed of its own.",
        _DRAWING,
    ] = 0

    def filters(self, forbidden: Sequence[int]) -> list[Filter]:
        """The filters in their order: what may not come, the penalty, the temperature, then the truncations."""
        from seqloom.decoding.filters import Forbid, RepetitionPenalty, Temperature, TopK, TopP

        filters: list[Filter] = [Forbid(tuple(forbidden))]
        filters += [RepetitionPenalty(self.repetition_penalty), Temperature(self.temperature)]
        filters += [TopK(self.top_k)] if self.top_k is not None else []
        filters += [TopP(self.top_p)] if self.top_p is not None else []
        return filters


@dataclass(frozen=True)
class BeamSearch(Settings):
    """How the likeliest text is searched for: how many beams are kept, and whether long texts are favoured."""

    title = "the beam search"

    width: Annotated[int, COUNT, "Search with so many beams instead of drawing.", _SEARCHING, Key("beam")] = 5
    length_penalty: Annotated[float, Range(least=0), "Of the beam search; above 0 favours long texts.", _SEARCHING] = (
        0.0
    )
