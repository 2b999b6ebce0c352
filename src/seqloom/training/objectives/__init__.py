"""What is minimised and what is measured, one file for each kind of target."""

from __future__ import annotations

from seqloom.training.objectives.classes import Classes
from seqloom.training.objectives.ctc import CTC
from seqloom.training.objectives.free_targets import FreeTargets
from seqloom.training.objectives.labels import Labels
from seqloom.training.objectives.likelihood import Likelihood
from seqloom.training.objectives.next_token import NextToken
from seqloom.training.objectives.numbers import Numbers, StepNumbers
from seqloom.training.objectives.objective import Objective, Sums, added
from seqloom.training.objectives.tags import Tags

__all__ = [
    "CTC",
    "Classes",
    "FreeTargets",
    "Labels",
    "Likelihood",
    "NextToken",
    "Numbers",
    "Objective",
    "StepNumbers",
    "Sums",
    "Tags",
    "added",
]
