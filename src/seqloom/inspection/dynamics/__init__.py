"""A recurrent layer as a dynamical system: where its state rests, and what happens near there."""

from seqloom.inspection.dynamics.fixed_points import FixedPoint, fixed_points
from seqloom.inspection.dynamics.jacobian import time_constants, transition_eigenvalues, transition_jacobians
from seqloom.inspection.dynamics.pictures import draw_eigenvalues, draw_phase_portrait

__all__ = [
    "FixedPoint",
    "draw_eigenvalues",
    "draw_phase_portrait",
    "fixed_points",
    "time_constants",
    "transition_eigenvalues",
    "transition_jacobians",
]
