"""Recurrences, each written once as its equations, and the words they are written in."""

from seqloom.cells.cell import Cell, Traced, trace
from seqloom.cells.elman import Activation, Elman
from seqloom.cells.formula import formula
from seqloom.cells.graph import Graph
from seqloom.cells.gru import GRU, GRUResetAfter, UpdateGate
from seqloom.cells.initialisation import Constant, Glorot, He, Identity, Initialiser, Orthogonal, Uniform
from seqloom.cells.lstm import LSTM
from seqloom.cells.words import (
    Symbol,
    affine,
    bernoulli,
    cos,
    exp,
    log,
    maximum,
    minimum,
    norm,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    tanh,
    weight,
)

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "Cell",
    "Constant",
    "Elman",
    "GRUResetAfter",
    "Glorot",
    "Graph",
    "He",
    "Identity",
    "Initialiser",
    "Orthogonal",
    "Symbol",
    "Traced",
    "Uniform",
    "UpdateGate",
    "affine",
    "bernoulli",
    "cos",
    "exp",
    "formula",
    "log",
    "maximum",
    "minimum",
    "norm",
    "relu",
    "sigmoid",
    "sin",
    "softplus",
    "sqrt",
    "tanh",
    "trace",
    "weight",
]
