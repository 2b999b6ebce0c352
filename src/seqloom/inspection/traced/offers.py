"""What can be shown of what a recorder saw: the name and size of a quantity, and how it is made when it is wanted."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["ATTENTION", "Group", "Offer"]

ATTENTION = "attention"
"""The name of weights of attention, and of their group."""


class Group(Enum):
    """What quantities can be asked for by, besides their names."""

    GATES = "gates"
    STATES = "states"
    ATTENTION = ATTENTION
    IMPLICIT = "implicit_attention"
    MEMORY = "memory"


class Offer(NamedTuple):
    """A quantity of ``shape`` that ``make`` computes; its ``time`` axes run along the steps of the layer.

    Where it is ``fresh``, nobody else has the tensor, so that it may be changed in place.

    Where it is chosen, ``ahead`` is called before anything is made, so that what belongs together is made together.
    """

    name: str
    group: Group
    shape: tuple[int, ...]
    dtype: torch.dtype
    make: Callable[[], Tensor]
    time: tuple[int, ...] = (1,)
    ahead: Callable[[], None] = lambda: None
    fresh: bool = False

    @property
    def size(self) -> int:
        """Bytes."""
        return prod(self.shape) * self.dtype.itemsize
