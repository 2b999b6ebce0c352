"""Saturated gates: they stand at 0 or 1, where a change of the weights changes nothing."""

from __future__ import annotations

from dataclasses import replace
from statistics import mean
from typing import Final

from seqloom.inspection.verdict.evidence import Evidence
from seqloom.inspection.verdict.findings import Cure, Verdict
from seqloom.inspection.verdict.words import NORMALISED, other_word, reworded
from seqloom.layers.grammar import parse_spec

__all__ = ["saturated"]

_MOST: Final = 0.5
_LARGE: Final = 3.0


def saturated(evidence: Evidence) -> Verdict | None:
    """Where half of the values of a layer's gates are within 0.01 of 0 or 1, the mean over its gates."""
    layers: dict[str, list[float]] = {}
    for name, share in evidence.signs.saturated.items():
        layers.setdefault(name.rpartition(".")[0], []).append(share)
    name, shares = max(layers.items(), key=lambda pair: mean(pair[1]), default=("", [0.0]))
    if mean(shares) < _MOST:
        return None
    size = evidence.signs.sizes.get(name, 1.0)
    return Verdict(
        "saturated",
        f"In {name} {mean(shares):.0%} of what the gates say lies within 0.01 of 0 or 1; what they read is of size "
        f"{size:.3g}.",
        _cures(evidence, size),
    )


def _cures(evidence: Evidence, size: float) -> tuple[Cure, ...]:
    words = evidence.words
    inside = reworded(
        "Normalise in the cell",
        words,
        lambda term: other_word(NORMALISED[term.word])(term) if term.word in NORMALISED else None,
    )
    smaller = Cure("Begin with smaller weights, and learn in smaller steps: a lower --learning-rate.")
    if size < _LARGE:
        return inside, smaller
    before = Cure("Normalise what the gates read: norm + … before them, or scale the data to a size of 1.")
    if words is not None:
        normed = str(replace(words, terms=(*parse_spec("norm").terms, *words.terms)))
        before = Cure(f"Normalise what the gates read: --model '{normed}', or scale the data.", {"model": normed})
    return before, inside, smaller
