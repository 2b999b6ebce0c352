"""Recurrences whose state is a matrix per head, each with its naive, chunked and step forms in one file.

Axes: B batch, T time, N heads, K size of a key, V size of a value; in the chunked forms also C chunks and L steps in a
chunk. A recurrence writes keys and values into a state (B, N, K, V) and reads it with queries. Decays are given as
logarithms, at most 0. Zeros in all sequences at a step leave the state as it is.
"""

from seqloom.kernels.matrix_state.delta_rule import delta_rule
from seqloom.kernels.matrix_state.forms import Forms
from seqloom.kernels.matrix_state.scalar_decay import scalar_decay
from seqloom.kernels.matrix_state.vector_decay import vector_decay

__all__ = ["Forms", "delta_rule", "scalar_decay", "vector_decay"]
