"""Recurrences whose state is a matrix per head, each with its naive, chunked and step forms in one file."""

from seqloom.kernels.matrix_state.delta_rule import delta_rule
from seqloom.kernels.matrix_state.exponential_gates import ExponentialState, exponential_gates
from seqloom.kernels.matrix_state.forms import MATRIX_STATE, VALUES, Forms, Sequences
from seqloom.kernels.matrix_state.scalar_decay import scalar_decay
from seqloom.kernels.matrix_state.vector_decay import vector_decay

__all__ = [
    "MATRIX_STATE",
    "VALUES",
    "ExponentialState",
    "Forms",
    "Sequences",
    "delta_rule",
    "exponential_gates",
    "scalar_decay",
    "vector_decay",
]
