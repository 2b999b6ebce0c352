"""Probes: generated tasks with a known answer, to see what a sequence model can and cannot learn.

``Probe.draw(count, seed)`` gives examples, ``baseline()`` what can be had for nothing, ``solved(…)`` the verdict.
"""

from seqloom.probes.adding import Adding
from seqloom.probes.agreement import Agreement
from seqloom.probes.answers import Answer, ClassAnswer, NumberAnswer
from seqloom.probes.associative_recall import AssociativeRecall
from seqloom.probes.bracket_depth import BracketDepth
from seqloom.probes.copying import Copy
from seqloom.probes.counting import ModularCounting, Parity
from seqloom.probes.delayed_copy import DelayedCopy
from seqloom.probes.mackey_glass import MackeyGlass, mackey_glass, nrmse
from seqloom.probes.marked_pairs import Adding1997, Multiplication
from seqloom.probes.probe import Baseline, Examples, Measures, Probe, Seed
from seqloom.probes.reber import EmbeddedReber
from seqloom.probes.selective_copy import SelectiveCopy
from seqloom.probes.temporal_order import TemporalOrder

__all__ = [
    "PROBES",
    "Adding",
    "Adding1997",
    "Agreement",
    "Answer",
    "AssociativeRecall",
    "Baseline",
    "BracketDepth",
    "ClassAnswer",
    "Copy",
    "DelayedCopy",
    "EmbeddedReber",
    "Examples",
    "MackeyGlass",
    "Measures",
    "ModularCounting",
    "Multiplication",
    "NumberAnswer",
    "Parity",
    "Probe",
    "Seed",
    "SelectiveCopy",
    "TemporalOrder",
    "mackey_glass",
    "nrmse",
]

PROBES: tuple[type[Probe], ...] = (
    Copy,
    DelayedCopy,
    SelectiveCopy,
    Adding,
    Adding1997,
    Multiplication,
    TemporalOrder,
    Parity,
    ModularCounting,
    BracketDepth,
    Agreement,
    AssociativeRecall,
    EmbeddedReber,
    MackeyGlass,
)
"""All probes, in the order of a listing."""
