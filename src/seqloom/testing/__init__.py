"""The laws a layer must obey, and kernels held against their equations, for our tests and for yours."""

from seqloom.testing.kernels import Comparison, compare_kernels, known_cells
from seqloom.testing.laws import check_layer
from seqloom.testing.tolerance import assert_close, assert_same_state, tolerance

__all__ = [
    "Comparison",
    "assert_close",
    "assert_same_state",
    "check_layer",
    "compare_kernels",
    "known_cells",
    "tolerance",
]
