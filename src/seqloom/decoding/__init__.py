"""Turning next-token scores into sequences; everything here sees only ``step`` and ``select``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqloom.lazy import lazily

if TYPE_CHECKING:
    from seqloom.decoding.beam import Hypothesis, beam_search, beam_searches
    from seqloom.decoding.compiled import TopKSampling, sample_compiled, top_k_sampling_of
    from seqloom.decoding.ctc import BestPath, PrefixSearch, Transcript, prefix_search
    from seqloom.decoding.filters import Filter, Forbid, RepetitionPenalty, Temperature, TopK, TopP, apply_filters
    from seqloom.decoding.fusion import Fusion, TokenFusion, WordFusion
    from seqloom.decoding.outputs import Outputs
    from seqloom.decoding.rescoring import RescoredSearch, rescored
    from seqloom.decoding.sampling import sample
    from seqloom.decoding.seeds import seed_of_row
    from seqloom.decoding.settings import BeamSearch, Sampling
    from seqloom.decoding.stop import StopStrings

__all__ = [
    "BeamSearch",
    "BestPath",
    "Filter",
    "Forbid",
    "Fusion",
    "Hypothesis",
    "Outputs",
    "PrefixSearch",
    "RepetitionPenalty",
    "RescoredSearch",
    "Sampling",
    "StopStrings",
    "Temperature",
    "TokenFusion",
    "TopK",
    "TopKSampling",
    "TopP",
    "Transcript",
    "WordFusion",
    "apply_filters",
    "beam_search",
    "beam_searches",
    "prefix_search",
    "rescored",
    "sample",
    "sample_compiled",
    "seed_of_row",
    "top_k_sampling_of",
]

_HOMES = {
    "beam": ("Hypothesis", "beam_search", "beam_searches"),
    "compiled": ("TopKSampling", "sample_compiled", "top_k_sampling_of"),
    "ctc": ("BestPath", "PrefixSearch", "Transcript", "prefix_search"),
    "filters": ("Filter", "Forbid", "RepetitionPenalty", "Temperature", "TopK", "TopP", "apply_filters"),
    "fusion": ("Fusion", "TokenFusion", "WordFusion"),
    "outputs": ("Outputs",),
    "rescoring": ("RescoredSearch", "rescored"),
    "sampling": ("sample",),
    "seeds": ("seed_of_row",),
    "settings": ("BeamSearch", "Sampling"),
    "stop": ("StopStrings",),
}
__getattr__, __dir__ = lazily(
    __name__, {name: f"{__name__}.{module}" for module, names in _HOMES.items() for name in names}
)
