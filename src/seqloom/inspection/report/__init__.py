"""A report as one page that needs nothing else."""

from seqloom.inspection.report.page import page
from seqloom.inspection.report.section import Figure, Formulas, Section, Table

__all__ = ["Figure", "Formulas", "Section", "Table", "page"]
