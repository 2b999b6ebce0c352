"""The words of a model specification: what each one builds, its options, and how it is recognised again."""

from __future__ import annotations

from collections.abc import Mapping

from seqloom.cells.coupled_lstm import CoupledLSTM
from seqloom.cells.echo_state import LeakyEchoState
from seqloom.cells.elman import Elman
from seqloom.cells.indrnn import IndRNN
from seqloom.cells.layer_norm import LayerNormGRU, LayerNormLSTM
from seqloom.cells.ligru import LiGRU
from seqloom.cells.lru import LRU, RealLRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.minimal_diagonal import MinGRU, MinLSTM
from seqloom.cells.minimal_gated import MinimalGated
from seqloom.cells.peephole_lstm import PeepholeLSTM
from seqloom.cells.slstm import SLSTM
from seqloom.layers.norm import Norm
from seqloom.layers.window import Window
from seqloom.layers.words.layer import LayerWord
from seqloom.layers.words.recurrent import GRUWord, RecurrentWord
from seqloom.layers.words.word import Option, Value, Word

__all__ = ["WORDS", "Option", "Value", "Word"]

WORDS: Mapping[str, Word] = {
    "elman": RecurrentWord(Elman, ("activation",)),
    "lstm": RecurrentWord(LSTM, ("forget_bias", "chrono")),
    "gru": GRUWord(),
    "peephole": RecurrentWord(PeepholeLSTM, ("forget_bias", "chrono")),
    "coupled": RecurrentWord(CoupledLSTM, ("forget_bias", "chrono")),
    "lnlstm": RecurrentWord(LayerNormLSTM, ("forget_bias", "chrono")),
    "lngru": RecurrentWord(LayerNormGRU, ("update", "chrono")),
    "slstm": RecurrentWord(SLSTM, ("heads", "forget_gate", "forget_bias")),
    "mgu": RecurrentWord(MinimalGated, ("forget_bias", "chrono")),
    "ligru": RecurrentWord(LiGRU),
    "indrnn": RecurrentWord(IndRNN, ("activation",), fills=("input",)),
    "mingru": RecurrentWord(MinGRU, ("chrono",), fills=("input",)),
    "minlstm": RecurrentWord(MinLSTM, ("forget_bias", "chrono"), fills=("input",)),
    "lru": RecurrentWord(LRU, ("r_min", "r_max"), fills=()),
    "reallru": RecurrentWord(RealLRU, ("r_min", "r_max"), fills=()),
    "echo": RecurrentWord(LeakyEchoState, ("decay", "gain"), fills=()),
    "window": LayerWord(Window),
    "norm": LayerWord(Norm),
}
