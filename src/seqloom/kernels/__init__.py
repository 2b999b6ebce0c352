"""From equations to running code: the reference, faster kernels, and the policy that chooses between them."""

from seqloom.kernels.call import Call, Kernel, Randomness
from seqloom.kernels.plan import PlanExplanation, explain_cell, explain_graph
from seqloom.kernels.policy import KERNELS, Explanation, available, explain, run, use, wish
from seqloom.kernels.streaming import Stream

__all__ = [
    "KERNELS",
    "Call",
    "Explanation",
    "Kernel",
    "PlanExplanation",
    "Randomness",
    "Stream",
    "available",
    "explain",
    "explain_cell",
    "explain_graph",
    "run",
    "use",
    "wish",
]
