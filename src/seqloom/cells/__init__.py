"""Recurrences, each written once as its equations, and the words they are written in."""

from seqloom.cells.cell import Cell, Traced, trace
from seqloom.cells.coupled_lstm import CoupledLSTM
from seqloom.cells.dropout import RecurrentDropout, VariationalDropout
from seqloom.cells.echo_state import LeakyEchoState
from seqloom.cells.elman import Activation, Elman
from seqloom.cells.formula import formula
from seqloom.cells.gated_memory import GatedMemory, MemoryGates
from seqloom.cells.graph import Graph
from seqloom.cells.gru import GRU, GRUResetAfter, UpdateGate
from seqloom.cells.gru_without_reset import GRUWithoutReset
from seqloom.cells.indrnn import IndRNN
from seqloom.cells.initialisation import (
    Between,
    Constant,
    GateDecay,
    Glorot,
    He,
    Identity,
    Initialiser,
    LeCun,
    Normal,
    Orthogonal,
    RingPhase,
    RingRadius,
    Sparse,
    SpectralRadius,
    Uniform,
)
from seqloom.cells.layer_norm import LayerNormGRU, LayerNormLSTM
from seqloom.cells.ligru import LiGRU
from seqloom.cells.lru import LRU, RealLRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.mathml import mathml
from seqloom.cells.minimal_diagonal import MinGRU, MinLSTM
from seqloom.cells.minimal_gated import MinimalGated
from seqloom.cells.peephole_lstm import PeepholeLSTM
from seqloom.cells.projected_lstm import ProjectedLSTM
from seqloom.cells.rg_lru import RGLRU
from seqloom.cells.slstm import SLSTM, ForgetGate
from seqloom.cells.words import (
    Symbol,
    affine,
    bernoulli,
    cos,
    exp,
    log,
    maximum,
    minimum,
    named,
    norm,
    part,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    tanh,
    weight,
)
from seqloom.cells.wrapper import Wrapper
from seqloom.cells.zoneout import Zoneout

__all__ = [
    "GRU",
    "LRU",
    "LSTM",
    "RGLRU",
    "SLSTM",
    "Activation",
    "Between",
    "Cell",
    "Constant",
    "CoupledLSTM",
    "Elman",
    "ForgetGate",
    "GRUResetAfter",
    "GRUWithoutReset",
    "GateDecay",
    "GatedMemory",
    "Glorot",
    "Graph",
    "He",
    "Identity",
    "IndRNN",
    "Initialiser",
    "LayerNormGRU",
    "LayerNormLSTM",
    "LeCun",
    "LeakyEchoState",
    "LiGRU",
    "MemoryGates",
    "MinGRU",
    "MinLSTM",
    "MinimalGated",
    "Normal",
    "Orthogonal",
    "PeepholeLSTM",
    "ProjectedLSTM",
    "RealLRU",
    "RecurrentDropout",
    "RingPhase",
    "RingRadius",
    "Sparse",
    "SpectralRadius",
    "Symbol",
    "Traced",
    "Uniform",
    "UpdateGate",
    "VariationalDropout",
    "Wrapper",
    "Zoneout",
    "affine",
    "bernoulli",
    "cos",
    "exp",
    "formula",
    "log",
    "mathml",
    "maximum",
    "minimum",
    "named",
    "norm",
    "part",
    "relu",
    "sigmoid",
    "sin",
    "softplus",
    "sqrt",
    "tanh",
    "trace",
    "weight",
]
