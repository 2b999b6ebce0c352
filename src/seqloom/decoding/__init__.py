"""Turning next-token scores into sequences; everything here sees only ``step`` and ``select``."""

from seqloom.decoding.beam import Hypothesis, beam_search
from seqloom.decoding.compiled import Choice, choice_of, sample_compiled
from seqloom.decoding.filters import Filter, Forbid, RepetitionPenalty, Temperature, TopK, TopP, apply_filters
from seqloom.decoding.sampling import sample

__all__ = [
    "Choice",
    "Filter",
    "Forbid",
    "Hypothesis",
    "RepetitionPenalty",
    "Temperature",
    "TopK",
    "TopP",
    "apply_filters",
    "beam_search",
    "choice_of",
    "sample",
    "sample_compiled",
]
