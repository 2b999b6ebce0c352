"""A recurrence over a batch of sequences, as it is handed to a kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.cells.graph import Graph
from seqloom.kernels.backend import Kernel

__all__ = ["Call", "Randomness", "SequenceKernel", "States"]

States = tuple[Tensor, ...]


class Randomness(NamedTuple):
    """The address of every random bit of a row: its ``seed`` (B,) and the step ``time`` (B,) it has reached."""

    seed: Tensor
    time: Tensor


class Call(NamedTuple):
    """A recurrence over a batch of sequences: x (B, T, D), states (B, H) each, lengths (B,) or None.

    ``randomness`` is None in evaluation, where masks have their mean value.
    """

    graph: Graph
    parameters: Mapping[str, Tensor]
    x: Tensor
    states: States
    lengths: Tensor | None
    randomness: Randomness | None

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All that is read, but for lengths and randomness."""
        return (self.x, *self.states, *self.parameters.values())

    @property
    def needs_gradient(self) -> bool:
        """Whether autograd will want the way back."""
        return torch.is_grad_enabled() and any(tensor.requires_grad for tensor in self.tensors)


SequenceKernel = Kernel[Call, tuple[Tensor, States]]
"""Gives the outputs (B, T, H) and the final states."""
