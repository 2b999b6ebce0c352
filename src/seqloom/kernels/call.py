"""What a kernel is asked to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.cells.graph import Graph

__all__ = ["Call", "Kernel", "Randomness", "States"]

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
    def needs_gradient(self) -> bool:
        """Whether autograd will want the way back."""
        tensors = (self.x, *self.states, *self.parameters.values())
        return torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)


class Kernel(ABC):
    """One way of running a recurrence."""

    name: str
    summary: str

    @abstractmethod
    def refusal(self, call: Call) -> str | None:
        """Why this kernel cannot run ``call``, or None when it can."""

    def deference(self, call: Call) -> str | None:
        """Why this kernel, unless asked for by name, leaves ``call`` to another, or None when it does not."""
        return None

    @abstractmethod
    def run(self, call: Call) -> tuple[Tensor, States]:
        """The outputs (B, T, H) and the final states."""
