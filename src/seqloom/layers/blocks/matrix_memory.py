"""A matrix state as a part of a mixer."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqloom.kernels.matrix_state import Forms
from seqloom.kernels.transforms import known_to_torch
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import check_leaf, check_parts

__all__ = ["MatrixMemory", "MatrixState", "wide"]


@known_to_torch
class MatrixState(NamedTuple):
    """What is kept of the past: ``matrix`` (B, N, K, V)."""

    matrix: Tensor


def wide(x: Tensor) -> Tensor:
    """x in float32, or in its own format where that is wider.

    >>> wide(torch.ones(1, dtype=torch.bfloat16)).dtype, wide(torch.ones(1, dtype=torch.float64)).dtype
    (torch.float32, torch.float64)
    """
    return x.to(torch.promote_types(x.dtype, torch.float32))


class MatrixMemory(nn.Module):
    """The state of ``recurrence``: ``heads`` N matrices of ``key_size`` K by ``value_size`` V, 0 at first.

    It reads the recurrence's sequences, a tuple of (B, T, …), and gives its outputs (B, T, N, V). Beyond a row's length
    the sequences are replaced by zeros, which leave the state as it is. A sum over thousands of steps loses what is
    small beside it, so the state is float32 at least, and so is the arithmetic; outputs have the format of the module.

    >>> from seqloom.kernels.matrix_state import scalar_decay
    >>> memory = MatrixMemory(scalar_decay, heads=2, key_size=3, value_size=4)
    >>> memory.initial_state(5).matrix.shape
    torch.Size([5, 2, 3, 4])
    """

    zero: Tensor

    def __init__(self, recurrence: Forms[Tensor], heads: int, key_size: int, value_size: int) -> None:
        super().__init__()
        self.recurrence = recurrence
        self.shape = (heads, key_size, value_size)
        self.register_buffer("zero", torch.zeros(()), persistent=False)  # knows the device and the number format

    def initial_state(self, batch_size: int) -> MatrixState:
        """Zeros (B, N, K, V), float32 at least."""
        return MatrixState(wide(self.zero).new_zeros(batch_size, *self.shape))

    def forward(self, sequences: tuple[Tensor, ...], state: Any, lengths: Tensor | None) -> tuple[Tensor, MatrixState]:
        """The recurrence over whole sequences, from and to a state."""
        real = (wide(real_steps_only(sequence, lengths)) for sequence in sequences)
        y, after = self.recurrence(*real, state=self._checked(state))
        return y.to(self.zero.dtype), MatrixState(after)

    def step(self, inputs: tuple[Tensor, ...], state: Any) -> tuple[Tensor, MatrixState]:
        """One step of the recurrence."""
        y, after = self.recurrence.one_step(*map(wide, inputs), state=self._checked(state))
        return y.to(self.zero.dtype), MatrixState(after)

    def _checked(self, state: Any) -> Tensor:
        (matrix,) = check_parts(self, state, 1)
        check_leaf(self, matrix, *self.shape)
        return wide(matrix)
