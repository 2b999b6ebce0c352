"""The words of a model specification: what each one builds, its options, and how it is recognised again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from seqloom.cells.cell import Cell
from seqloom.cells.coupled_lstm import CoupledLSTM
from seqloom.cells.echo_state import LeakyEchoState
from seqloom.cells.elman import Elman
from seqloom.cells.gru import GRU, GRUResetAfter
from seqloom.cells.gru_without_reset import GRUWithoutReset
from seqloom.cells.indrnn import IndRNN
from seqloom.cells.initialisation import Glorot, He, Identity, Initialiser, Orthogonal, Uniform
from seqloom.cells.layer_norm import LayerNormGRU, LayerNormLSTM
from seqloom.cells.ligru import LiGRU
from seqloom.cells.lru import LRU, RealLRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.minimal_diagonal import MinGRU, MinLSTM
from seqloom.cells.minimal_gated import MinimalGated
from seqloom.cells.peephole_lstm import PeepholeLSTM
from seqloom.cells.slstm import SLSTM
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


FILLS: Mapping[str, Weights] = {"input": Weights.GLOROT, "recurrent": Weights.ORTHOGONAL}


class Beginning(StrEnum):
    """What a sequence begins with."""

    ZEROS = "zeros"
    LEARNED = "learned"


class Reset(StrEnum):
    """Where a GRU's reset gate acts: before or after the product with the recurrent weights, or nowhere."""

    BEFORE = "before"
    AFTER = "after"
    NONE = "none"


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
    """A cell in a recurrent layer; each of ``cell_options`` is a field of the cell.

    ``fills`` are the weights whose initialisation can be chosen; the others begin as the cell has them.
    """

    cell: type[Cell]
    cell_options: tuple[str, ...] = ()
    fills: tuple[str, ...] = tuple(FILLS)

    @property
    def options(self) -> Mapping[str, Value]:  # type: ignore[override]
        own = {name: getattr(self.cell, name) for name in self.cell_options}
        return {**own, **{name: FILLS[name] for name in self.fills}, "initial": Beginning.ZEROS}

    def build(self, in_features: int, width: int, options: Mapping[str, Value]) -> CausalLayer:
        initial = LearnedState() if options["initial"] is Beginning.LEARNED else ZeroState()
        return Recurrent(self._cell(options), in_features, width, initial)

    def _cell(self, options: Mapping[str, Value]) -> Cell:
        fields: dict[str, Any] = {name: options[name] for name in self.cell_options}
        fields |= {f"{name}_init": INITIALISERS[Weights(str(options[name]))] for name in self.fills}
        return self.cell(**fields)

    def recognise(self, layer: CausalLayer) -> Mapping[str, Value] | None:
        if not isinstance(layer, Recurrent) or type(layer.cell) is not self.cell:
            return None
        names = {fill: name for name, fill in INITIALISERS.items()}
        fills = {name: names.get(getattr(layer.cell, f"{name}_init")) for name in self.fills}
        if not isinstance(layer.initial, LearnedState | ZeroState):
            return None
        own = {name: getattr(layer.cell, name) for name in self.cell_options}
        initial = Beginning.LEARNED if isinstance(layer.initial, LearnedState) else Beginning.ZEROS
        options = {**own, **{name: fill for name, fill in fills.items() if fill}, "initial": initial}
        # A field that no option names may differ: only a cell that would be built again is recognised.
        return options if None not in fills.values() and self._cell(options) == layer.cell else None


class GRUWord(Word):
    """The GRUs under one word, told apart by ``reset``."""

    cells: Mapping[Reset, RecurrentWord] = {
        Reset.BEFORE: RecurrentWord(GRU, ("update",)),
        Reset.AFTER: RecurrentWord(GRUResetAfter, ("update",)),
        Reset.NONE: RecurrentWord(GRUWithoutReset, ("update",)),
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
    "elman": RecurrentWord(Elman, ("activation",)),
    "lstm": RecurrentWord(LSTM, ("forget_bias",)),
    "gru": GRUWord(),
    "peephole": RecurrentWord(PeepholeLSTM, ("forget_bias",)),
    "coupled": RecurrentWord(CoupledLSTM, ("forget_bias",)),
    "lnlstm": RecurrentWord(LayerNormLSTM, ("forget_bias",)),
    "lngru": RecurrentWord(LayerNormGRU, ("update",)),
    "slstm": RecurrentWord(SLSTM, ("heads", "forget_gate", "forget_bias")),
    "mgu": RecurrentWord(MinimalGated, ("forget_bias",)),
    "ligru": RecurrentWord(LiGRU),
    "indrnn": RecurrentWord(IndRNN, ("activation",), fills=("input",)),
    "mingru": RecurrentWord(MinGRU, fills=("input",)),
    "minlstm": RecurrentWord(MinLSTM, ("forget_bias",), fills=("input",)),
    "lru": RecurrentWord(LRU, ("r_min", "r_max"), fills=()),
    "reallru": RecurrentWord(RealLRU, ("r_min", "r_max"), fills=()),
    "echo": RecurrentWord(LeakyEchoState, ("decay", "gain"), fills=()),
    "window": WindowWord(),
}
