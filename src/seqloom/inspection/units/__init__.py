"""What a unit tracks, and whether the model uses it: two questions."""

from seqloom.inspection.units.ablation import Ablation, ablate, patched_scores
from seqloom.inspection.units.direction import Direction
from seqloom.inspection.units.patterns import Pattern, bracket_depth, in_quotes, line_position, matches, spans
from seqloom.inspection.units.search import Search, search_direction, search_patterns, search_units
from seqloom.inspection.units.together import Span, Together, on_together
from seqloom.inspection.units.walk import walk

__all__ = [
    "Ablation",
    "Direction",
    "Pattern",
    "Search",
    "Span",
    "Together",
    "ablate",
    "bracket_depth",
    "in_quotes",
    "line_position",
    "matches",
    "on_together",
    "patched_scores",
    "search_direction",
    "search_patterns",
    "search_units",
    "spans",
    "walk",
]
