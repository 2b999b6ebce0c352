"""A report as one page that needs nothing else."""

from seqloom.inspection.report.page import page
from seqloom.inspection.report.section import Coloured, Figure, Formulas, Section, Shown, Table

__all__ = ["Coloured", "Figure", "Formulas", "Section", "Shown", "Table", "page"]
