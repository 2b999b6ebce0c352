"""Probes: generated tasks with a known answer, to see what a sequence model can and cannot learn.

``Probe.draw(count, seed)`` gives examples, ``baseline()`` what can be had for nothing, ``solved(…)`` the verdict.
"""

from seqloom.probes.adding import Adding
from seqloom.probes.answers import Answer, Choice, Value
from seqloom.probes.associative_recall import AssociativeRecall
from seqloom.probes.copying import Copy
from seqloom.probes.counting import ModularCounting, Parity
from seqloom.probes.probe import Baseline, Examples, Measures, Probe, Seed

__all__ = [
    "PROBES",
    "Adding",
    "Answer",
    "AssociativeRecall",
    "Baseline",
    "Choice",
    "Copy",
    "Examples",
    "Measures",
    "ModularCounting",
    "Parity",
    "Probe",
    "Seed",
    "Value",
]

PROBES: tuple[type[Probe], ...] = (Copy, Adding, Parity, ModularCounting, AssociativeRecall)
"""All probes, in the order of a listing."""
