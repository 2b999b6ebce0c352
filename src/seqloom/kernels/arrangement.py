"""Which tensors hold the parameters of a graph, and where in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from torch import Tensor

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

    def parameters(self, graph: Graph, tensors: Sequence[Tensor]) -> dict[str, Tensor]:
        """The parameters of ``graph`` by name, as they lie in ``tensors``."""
        found: dict[str, Tensor] = {}
        for name, shape in ((parameter.name, parameter.shape) for parameter in graph.parameters()):
            total = tensors[0].new_zeros(shape)
            for tensor, start in self.places.get(name, ()):
                total = total + tensors[tensor].reshape(-1)[start : start + prod(shape)].view(shape)
            found[name] = total
        return found


def one_by_one(graph: Graph) -> Arrangement:
    """Each parameter in a tensor of its own, in the order of ``graph.parameters()``."""
    parameters = list(graph.parameters())
    places = {parameter.name: (Piece(k, 0),) for k, parameter in enumerate(parameters)}
    return Arrangement(tuple(parameter.shape for parameter in parameters), places)
