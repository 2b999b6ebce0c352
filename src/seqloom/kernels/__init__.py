"""From equations to running code: the reference, faster kernels, and the policy that chooses between them."""

from seqloom.kernels.backend import Backend, Kernel
from seqloom.kernels.call import Call, Randomness
from seqloom.kernels.observation import Observer, note, observe
from seqloom.kernels.plan import PlanExplanation, explain_cell, explain_graph
from seqloom.kernels.policy import Explanation, Operation, available, present, use, watch, wish
from seqloom.kernels.recurrence_operators import RECURRENCE
from seqloom.kernels.steps import Steps

__all__ = [
    "RECURRENCE",
    "Backend",
    "Call",
    "Explanation",
    "Kernel",
    "Observer",
    "Operation",
    "PlanExplanation",
    "Randomness",
    "Steps",
    "available",
    "explain_cell",
    "explain_graph",
    "note",
    "observe",
    "present",
    "use",
    "watch",
    "wish",
]
