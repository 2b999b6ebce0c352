"""Words for cells in recurrent layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, get_type_hints

from seqloom.cells.cell import Cell
from seqloom.cells.gru import GRU, GRUResetAfter
from seqloom.cells.gru_without_reset import GRUWithoutReset
from seqloom.cells.initialisation import Glorot, He, Identity, Initialiser, Orthogonal, Uniform
from seqloom.layers.initial_state import NORMAL_SCALE, InitialState, LearnedState, RandomState, ZeroState
from seqloom.layers.protocol import SequenceLayer
from seqloom.layers.recurrent import Recurrent
from seqloom.layers.words.word import Option, Value, Word

__all__ = ["GRUWord", "RecurrentWord"]


class Weights(StrEnum):
    """Initialisations by their names in the literature."""

    UNIFORM = "uniform"
    GLOROT = "glorot"
    HE = "he"
    ORTHOGONAL = "orthogonal"
    IDENTITY = "identity"


INITIALISERS: Mapping[Weights, Initialiser] = {
    Weights.UNIFORM: Uniform(),
    Weights.GLOROT: Glorot(),
    Weights.HE: He(),
    Weights.ORTHOGONAL: Orthogonal(),
    Weights.IDENTITY: Identity(),
}


FILLS: Mapping[str, Weights] = {"input": Weights.GLOROT, "recurrent": Weights.ORTHOGONAL}


class Beginning(StrEnum):
    """What a sequence begins with."""

    ZEROS = "zeros"
    NORMAL = "normal"
    LEARNED = "learned"


BEGINNINGS: Mapping[Beginning, type[InitialState]] = {
    Beginning.ZEROS: ZeroState,
    Beginning.NORMAL: RandomState,
    Beginning.LEARNED: LearnedState,
}


def _beginning(initial: InitialState) -> Beginning | None:
    """The word for what a layer begins with, None where none builds it."""
    if isinstance(initial, RandomState) and initial.scale != NORMAL_SCALE:
        return None
    return next((name for name, kind in BEGINNINGS.items() if type(initial) is kind), None)


class Reset(StrEnum):
    """Where a GRU's reset gate acts: before or after the product with the recurrent weights, or nowhere."""

    BEFORE = "before"
    AFTER = "after"
    NONE = "none"


@dataclass(frozen=True)
class RecurrentWord(Word):
    """A cell in a recurrent layer; each of ``cell_options`` is a field of the cell.

    ``fills`` are the weights whose initialisation can be chosen; the others begin as the cell has them.
    """

    cell: type[Cell]
    cell_options: tuple[str, ...] = ()
    fills: tuple[str, ...] = tuple(FILLS)

    @property
    def subject(self) -> type:
        return self.cell

    @cached_property
    def options(self) -> Mapping[str, Option]:  # type: ignore[override]
        hints = get_type_hints(self.cell)
        own = {name: Option.annotated(getattr(self.cell, name), hints[name]) for name in self.cell_options}
        fills = {name: Option(FILLS[name], Weights) for name in self.fills}
        return {**own, **fills, "initial": Option(Beginning.ZEROS, Beginning)}

    def build(self, in_features: int, width: int, options: Mapping[str, Value]) -> SequenceLayer:
        return Recurrent(self._cell(options), in_features, width, BEGINNINGS[Beginning(str(options["initial"]))]())

    def _cell(self, options: Mapping[str, Value]) -> Cell:
        fields: dict[str, Any] = {name: options[name] for name in self.cell_options}
        fields |= {f"{name}_init": INITIALISERS[Weights(str(options[name]))] for name in self.fills}
        return self.cell(**fields)

    def recognise(self, layer: SequenceLayer) -> Mapping[str, Value] | None:
        if type(layer) is not Recurrent or type(layer.cell) is not self.cell:
            return None
        names = {fill: name for name, fill in INITIALISERS.items()}
        fills = {name: names.get(getattr(layer.cell, f"{name}_init")) for name in self.fills}
        own = {name: getattr(layer.cell, name) for name in self.cell_options}
        options = {**own, **fills, "initial": _beginning(layer.initial)}
        # A field that no option names may differ: only a cell that would be built again is recognised.
        named = None not in (*fills.values(), options["initial"])
        return options if named and self._cell(options) == layer.cell else None


class GRUWord(Word):
    """The GRUs under one word, told apart by ``reset``."""

    cells: Mapping[Reset, RecurrentWord] = {
        Reset.BEFORE: RecurrentWord(GRU, ("update", "chrono")),
        Reset.AFTER: RecurrentWord(GRUResetAfter, ("update", "chrono")),
        Reset.NONE: RecurrentWord(GRUWithoutReset, ("update", "chrono")),
    }
    options: Mapping[str, Option] = {"reset": Option(Reset.AFTER, Reset), **cells[Reset.AFTER].options}
    subject = GRUResetAfter  # the default

    def build(self, in_features: int, width: int, options: Mapping[str, Value]) -> SequenceLayer:
        return self.cells[Reset(str(options["reset"]))].build(in_features, width, options)

    def recognise(self, layer: SequenceLayer) -> Mapping[str, Value] | None:
        for reset, word in self.cells.items():
            options = word.recognise(layer)
            if options is not None:
                return {"reset": reset, **options}
        return None
