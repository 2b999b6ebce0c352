"""What was measured of a model, beside what needs no model, as a table."""

from __future__ import annotations

from seqloom.inspection.report.section import Table
from seqloom.tasks.figures import Figures
from seqloom.tasks.language.evaluation import Evaluation

__all__ = ["table_of"]


def table_of(found: Figures | Evaluation) -> Table:
    """A line for each baseline, the model's last.

    >>> table_of(Figures(4, "examples", {"loss": 0.5}, {"constant": {"loss": 0.75}})).rows
    [('constant', '0.750'), ('this model', '0.500')]
    """
    if isinstance(found, Evaluation):
        nats = {**found.baselines, "this model": found.nats_per_token}
        ordered = sorted(nats.items(), key=lambda pair: -pair[1])
        return Table(("", "nats per token"), [(name, f"{value:.3f}") for name, value in ordered])
    columns = [name for name in found.model if " of " not in name]
    lines = [
        (name, *(f"{values[column]:.3f}" if column in values else "" for column in columns))
        for name, values in {**found.baselines, "this model": found.model}.items()
    ]
    return Table(("", *(column.replace("_", " ") for column in columns)), lines)
