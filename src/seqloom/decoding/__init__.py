"""Turning next-token scores into sequences; everything here sees only ``step`` and ``select``."""

from seqloom.decoding.beam import Hypothesis, beam_search
from seqloom.decoding.compiled import Choice, choice_of, sample_compiled
from seqloom.decoding.filters import Filter, Forbid, RepetitionPenalty, Temperature, TopK, TopP, apply_filters
from seqloom.decoding.sampling import sample
from seqloom.decoding.settings import Sampling, seed_of_row
from seqloom.decoding.stop import StopStrings

__all__ = [
    "Choice",
    "Filter",
    "Forbid",
    "Hypothesis",
    "RepetitionPenalty",
    "Sampling",
    "StopStrings",
    "Temperature",
    "TopK",
    "TopP",
    "apply_filters",
    "beam_search",
    "choice_of",
    "sample",
    "sample_compiled",
    "seed_of_row",
]
