"""From torch's stacked weights to a graph and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from torch import Tensor

from seqloom.cells.cell import Cell, trace
from seqloom.cells.graph import Graph
from seqloom.kernels.torch_order import Twin

__all__ = ["graph_of", "named"]


@lru_cache(maxsize=256)
def graph_of(cell: Cell, in_features: int, hidden_size: int) -> Graph:
    """The cell's equations at these sizes."""
    return trace(cell, in_features, hidden_size).graph


def named(twin: Twin, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The cell's parameters, as row slices of ``weights`` (weight_ih, weight_hh, bias_ih, bias_hh, weight_hr).

    Without biases they are zero: then the equations, and the machine code made from them, are those with biases.
    """
    w_ih, w_hh = weights["weight_ih"], weights["weight_hh"]
    if "bias_ih" in weights:
        b_ih, b_hh = weights["bias_ih"], weights["bias_hh"]
    else:
        b_ih = b_hh = w_ih.new_zeros(w_ih.shape[0])
    parameters = twin.split(w_ih, w_hh, b_ih, b_hh)
    if "weight_hr" in weights:
        parameters["projection.weight_0"] = weights["weight_hr"]
    return parameters
