"""Where a model errs: what its costs add up from, what it got most wrong, and whether it knows when it is right."""

from seqloom.inspection.errors.breakdown import Breakdown, broken_down
from seqloom.inspection.errors.mistakes import Mistake, Mistakes, worst
from seqloom.inspection.errors.reliability import Reliability, reliability

__all__ = ["Breakdown", "Mistake", "Mistakes", "Reliability", "broken_down", "reliability", "worst"]
