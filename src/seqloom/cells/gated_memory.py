"""What cells with gates around a memory share: first biases that spread how long each unit remembers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.cells.cell import Cell, Traced
from seqloom.errors import UsageError

__all__ = ["GatedMemory", "MemoryGates"]


class MemoryGates(NamedTuple):
    """The maps (or norms) whose biases open the gate that keeps the memory, and the one that writes; None: no such."""

    keeps: str | None = None
    writes: str | None = None


@dataclass(frozen=True, kw_only=True)
class GatedMemory(Cell):
    """A cell that keeps and writes its memory through gates.

    ``chrono`` T, the longest time to be remembered in steps, spreads the first biases over the units: b = log u, u
    uniform between 1 and T - 1, for the gate that keeps, and -b for the one that writes (chrono initialisation, Tallec
    & Ollivier, 2018, eq. 16). A unit then forgets at first in about u + 1 steps; a ``forget_bias`` has no effect.
    Raises UsageError for a T below 3.
    """

    chrono: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.chrono is not None and self.chrono < 3:
            raise UsageError(f"chrono is the longest time to remember, at least 3 steps; got {self.chrono!r}.")

    @property
    @abstractmethod
    def memory_gates(self) -> MemoryGates:
        """Which gates keep and write."""

    def initialise(self, traced: Traced, parameters: Mapping[str, Tensor], generator: torch.Generator | None) -> None:
        super().initialise(traced, parameters, generator)
        if self.chrono is None:
            return
        keeps, writes = self.memory_gates
        with torch.no_grad():
            biases = [(parameters[f"{name}.bias"], sign) for name, sign in ((keeps, 1), (writes, -1)) if name]
            spread = torch.empty_like(biases[0][0]).uniform_(1, self.chrono - 1, generator=generator).log_()
            for bias, sign in biases:
                bias.copy_(sign * spread)
