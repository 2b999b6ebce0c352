"""What everything that was measured of a training comes to: one verdict, and what would help."""

from seqloom.inspection.verdict.evidence import Evidence
from seqloom.inspection.verdict.findings import Cure, Verdict
from seqloom.inspection.verdict.judging import judge

__all__ = ["Cure", "Evidence", "Verdict", "judge"]
