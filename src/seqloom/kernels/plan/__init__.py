"""From equations to programs: what leaves the loop, what runs in it, what is kept, and the derived backward pass."""

from seqloom.kernels.plan.explanation import PlanExplanation, explain_cell, explain_graph, explain_plan
from seqloom.kernels.plan.lower import columns_of_x
from seqloom.kernels.plan.one_step import one_step
from seqloom.kernels.plan.plan import InputStream, Outer, Plan, plan
from seqloom.kernels.plan.readout import Readout, readout
from seqloom.kernels.plan.schedule import Multiply, Operation, Program, Segment, Throw, Whole, written_slots
from seqloom.kernels.plan.unblocked import unblocked
from seqloom.kernels.plan.values import Place, Slot

__all__ = [
    "InputStream",
    "Multiply",
    "Operation",
    "Outer",
    "Place",
    "Plan",
    "PlanExplanation",
    "Program",
    "Readout",
    "Segment",
    "Slot",
    "Throw",
    "Whole",
    "columns_of_x",
    "explain_cell",
    "explain_graph",
    "explain_plan",
    "one_step",
    "plan",
    "readout",
    "unblocked",
    "written_slots",
]
