"""The words of a model specification: what each one builds, its options, and how it is recognised again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from seqloom.cells.cell import Cell
from seqloom.cells.elman import Elman
from seqloom.cells.gru import GRU, GRUResetAfter
from seqloom.cells.initialisation import Glorot, He, Identity, Initialiser, Orthogonal, Uniform
from seqloom.cells.lstm import LSTM
from seqloom.layers.initial_state import LearnedState, ZeroState
from seqloom.layers.protocol import CausalLayer
from seqloom.layers.recurrent import Recurrent
from seqloom.layers.window import Window

__all__ = ["WORDS", "Value", "Word"]

Value = Enum | int | float


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


class Beginning(StrEnum):
    """What a sequence begins with."""

    ZEROS = "zeros"
    LEARNED = "learned"


class Reset(StrEnum):
    """Where a GRU's reset gate acts: before or after the product with the recurrent weights."""

    BEFORE = "before"
    AFTER = "after"


class Word(ABC):
    """A word of the grammar: ``options`` maps each key to its default, which also gives the type of its values."""

    options: Mapping[str, Value]

    @abstractmethod
    def build(self, in_features: int, width: int, options: Mapping[str, Value]) -> CausalLayer:
        """The layer, with every option given."""

    @abstractmethod
    def recognise(self, layer: CausalLayer) -> Mapping[str, Value] | None:
        """All options of ``layer`` if this word builds it, else None."""


@dataclass(frozen=True)
class RecurrentWord(Word):
    """A cell in a recurrent layer; options not named here are fields of the cell."""

    cell: type[Cell]
    cell_options: tuple[tuple[str, str], ...] = ()

    @property
    def options(self) -> Mapping[str, Value]:  # type: ignore[override]
        own = {key: getattr(self.cell, field) for key, field in self.cell_options}
        return {**own, "input": Weights.GLOROT, "recurrent": Weights.ORTHOGONAL, "initial": Beginning.ZEROS}

    def build(self, in_features: int, width: int, options: Mapping[str, Value]) -> CausalLayer:
        fields = {field: options[key] for key, field in self.cell_options}
        fills = {name: INITIALISERS[Weights(str(options[name]))] for name in ("input", "recurrent")}
        cell = self.cell(input_init=fills["input"], recurrent_init=fills["recurrent"], **fields)
        initial = LearnedState() if options["initial"] is Beginning.LEARNED else ZeroState()
        return Recurrent(cell, in_features, width, initial)

    def recognise(self, layer: CausalLayer) -> Mapping[str, Value] | None:
        if not isinstance(layer, Recurrent) or type(layer.cell) is not self.cell:
            return None
        names = {fill: name for name, fill in INITIALISERS.items()}
        fills = (layer.cell.input_init, layer.cell.recurrent_init)
        if not isinstance(layer.initial, LearnedState | ZeroState) or any(fill not in names for fill in fills):
            return None
        own = {key: getattr(layer.cell, field) for key, field in self.cell_options}
        initial = Beginning.LEARNED if isinstance(layer.initial, LearnedState) else Beginning.ZEROS
        return {**own, "input": names[fills[0]], "recurrent": names[fills[1]], "initial": initial}


class GRUWord(Word):
    """Both GRUs under one word, told apart by ``reset``."""

    cells: Mapping[Reset, RecurrentWord] = {
        Reset.BEFORE: RecurrentWord(GRU, (("update", "update"),)),
        Reset.AFTER: RecurrentWord(GRUResetAfter, (("update", "update"),)),
    }
    options: Mapping[str, Value] = {"reset": Reset.AFTER, **cells[Reset.AFTER].options}

    def build(self, in_features: int, width: int, options: Mapping[str, Value]) -> CausalLayer:
        return self.cells[Reset(str(options["reset"]))].build(in_features, width, options)

    def recognise(self, layer: CausalLayer) -> Mapping[str, Value] | None:
        for reset, word in self.cells.items():
            options = word.recognise(layer)
            if options is not None:
                return {"reset": reset, **options}
        return None


class WindowWord(Word):
    """The feed-forward network over the last inputs."""

    options: Mapping[str, Value] = {"size": 8}

    def build(self, in_features: int, width: int, options: Mapping[str, Value]) -> CausalLayer:
        size = options["size"]
        assert isinstance(size, int)
        return Window(in_features, width, size)

    def recognise(self, layer: CausalLayer) -> Mapping[str, Value] | None:
        return {"size": layer.size} if isinstance(layer, Window) else None


WORDS: Mapping[str, Word] = {
    "elman": RecurrentWord(Elman, (("activation", "activation"),)),
    "lstm": RecurrentWord(LSTM, (("forget_bias", "forget_bias"),)),
    "gru": GRUWord(),
    "window": WindowWord(),
}
