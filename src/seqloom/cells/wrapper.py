"""The base of cells that change another cell from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

import torch
from torch import Tensor

from seqloom.cells.cell import Cell, Traced
from seqloom.cells.initialisation import Initialiser
from seqloom.cells.words import Symbol
from seqloom.errors import UsageError

__all__ = ["Wrapper", "check_rate"]


@dataclass(frozen=True)
class Wrapper(Cell):
    """Another ``cell``, whose states, widths, first values, weights and output are this cell's own.

    A subclass writes ``equations``, which call ``self.cell.equations``. Raises UsageError unless ``cell`` is an
    instance of a Cell.
    """

    cell: Cell
    _: KW_ONLY
    input_init: Initialiser = field(init=False, repr=False)
    recurrent_init: Initialiser = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.cell, Cell):
            raise UsageError(f"{type(self).__name__} expected an instance of a Cell, as in LSTM(); got {self.cell!r}.")
        object.__setattr__(self, "input_init", self.cell.input_init)
        object.__setattr__(self, "recurrent_init", self.cell.recurrent_init)

    @property
    def state(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.cell.state

    def output(self, x: Symbol, *new: Symbol) -> Symbol:
        return self.cell.output(x, *new)

    def width(self, name: str, hidden: int) -> int:
        return self.cell.width(name, hidden)

    def initial(self, name: str) -> float:
        return self.cell.initial(name)

    def initial_bias(self, name: str) -> float:
        return self.cell.initial_bias(name)

    def initialise(self, traced: Traced, parameters: Mapping[str, Tensor], generator: torch.Generator | None) -> None:
        self.cell.initialise(traced, parameters, generator)

    def new_states(self, x: Symbol, *states: Symbol) -> tuple[Symbol, ...]:
        """What the cell makes of x and ``states``, as a tuple also where there is one state."""
        new = self.cell.equations(x, *states)
        return new if isinstance(new, tuple) else (new,)


def check_rate(owner: str, name: str, rate: float) -> None:
    """Raise UsageError unless ``rate`` is a probability below 1."""
    if not isinstance(rate, int | float) or not 0 <= rate < 1:
        raise UsageError(f"{owner}: {name} is a probability from 0 to below 1; got {rate!r}.")
