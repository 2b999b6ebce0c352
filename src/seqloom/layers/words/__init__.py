"""The words of a model specification: what each one builds, its options, and how it is recognised again."""

from __future__ import annotations

from collections.abc import Mapping

from seqloom.cells.coupled_lstm import CoupledLSTM
from seqloom.cells.elman import Elman
from seqloom.cells.indrnn import IndRNN
from seqloom.cells.layer_norm import LayerNormGRU, LayerNormLSTM
from seqloom.cells.ligru import LiGRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.minimal_gated import MinimalGated
from seqloom.cells.peephole_lstm import PeepholeLSTM
from seqloom.layers.attention.input_positions import InputPositions
from seqloom.layers.blocks.attention import AttentionBlock, CausalAttentionBlock
from seqloom.layers.blocks.delta_net import DeltaNetBlock
from seqloom.layers.blocks.gated_delta_net import GatedDeltaNetBlock
from seqloom.layers.blocks.gla import GLABlock
from seqloom.layers.blocks.lru import LRUBlock
from seqloom.layers.blocks.mamba2 import Mamba2Block
from seqloom.layers.blocks.minimal import MinGRUBlock, MinLSTMBlock
from seqloom.layers.blocks.mlstm import MLSTMBlock
from seqloom.layers.blocks.retnet import RetNetBlock
from seqloom.layers.blocks.rg_lru import RGLRUBlock
from seqloom.layers.blocks.slstm import SLSTMBlock
from seqloom.layers.blocks.transformer import CausalTransformerBlock, TransformerBlock
from seqloom.layers.norm import Norm
from seqloom.layers.projection import Projection
from seqloom.layers.reservoir import EchoState
from seqloom.layers.window import Window
from seqloom.layers.words.convolution import ConvolutionWord
from seqloom.layers.words.layer import CausalWord, LayerWord
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
    "mgu": RecurrentWord(MinimalGated, ("forget_bias", "chrono")),
    "ligru": RecurrentWord(LiGRU),
    "indrnn": RecurrentWord(IndRNN, ("activation",), fills=("input",)),
    "mingru": LayerWord(MinGRUBlock),
    "minlstm": LayerWord(MinLSTMBlock),
    "lru": LayerWord(LRUBlock),
    "rg-lru": LayerWord(RGLRUBlock),
    "slstm": LayerWord(SLSTMBlock),
    "mlstm": LayerWord(MLSTMBlock),
    "retnet": LayerWord(RetNetBlock),
    "gla": LayerWord(GLABlock),
    "mamba2": LayerWord(Mamba2Block),
    "deltanet": LayerWord(DeltaNetBlock),
    "gated-deltanet": LayerWord(GatedDeltaNetBlock),
    "attention": CausalWord(LayerWord(CausalAttentionBlock), LayerWord(AttentionBlock)),
    "transformer": CausalWord(LayerWord(CausalTransformerBlock), LayerWord(TransformerBlock)),
    "project": LayerWord(Projection),
    "conv": ConvolutionWord(),
    "positions": LayerWord(InputPositions),
    "esn": LayerWord(EchoState),
    "window": LayerWord(Window),
    "norm": LayerWord(Norm),
}
