"""From equations to programs: what leaves the loop, what runs in it, what is kept, and the derived backward pass."""

from seqloom.kernels.plan.plan import Outer, Plan, Stream, plan
from seqloom.kernels.plan.readout import Readout, readout
from seqloom.kernels.plan.schedule import Multiply, Operation, Program, Segment, Throw, Whole, written_slots
from seqloom.kernels.plan.values import Place, Slot

__all__ = [
    "Multiply",
    "Operation",
    "Outer",
    "Place",
    "Plan",
    "Program",
    "Readout",
    "Segment",
    "Slot",
    "Stream",
    "Throw",
    "Whole",
    "plan",
    "readout",
    "written_slots",
]
