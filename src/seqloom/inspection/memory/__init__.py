"""Memory through time, on one scale for every architecture: what could matter, and what does."""

from seqloom.inspection.memory.context import ContextCurve, loss_by_context
from seqloom.inspection.memory.curve import LagCurve
from seqloom.inspection.memory.influence import input_influence, state_influence

__all__ = [
    "ContextCurve",
    "LagCurve",
    "input_influence",
    "loss_by_context",
    "state_influence",
]
