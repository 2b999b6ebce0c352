"""Which tensors hold the parameters of a graph, and where in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from seqloom.cells.graph import Graph

__all__ = ["Arrangement", "Piece", "one_by_one"]


class Piece(NamedTuple):
    """Where numbers begin: in which of the tensors, and at which of its numbers."""

    tensor: int
    start: int


class Arrangement(NamedTuple):
    """The shapes of the tensors, whose numbers lie one after the other, and the place of each parameter by its name.

    A bias that lies in several places is their sum; in none, it is 0.
    """

    shapes: tuple[tuple[int, ...], ...]
    places: Mapping[str, tuple[Piece, ...]]


def one_by_one(graph: Graph) -> Arrangement:
    """Each parameter in a tensor of its own, in the order of ``graph.parameters()``."""
    parameters = list(graph.parameters())
    places = {parameter.name: (Piece(k, 0),) for k, parameter in enumerate(parameters)}
    return Arrangement(tuple(parameter.shape for parameter in parameters), places)
