"""A report as one page that needs nothing else."""

from seqloom.inspection.report.page import page
from seqloom.inspection.report.section import Figure, Section, Table

__all__ = ["Figure", "Section", "Table", "page"]
