"""A whole token model as tensors and equations, and how its tokens are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.cells.graph import Graph

__all__ = ["Layer", "Network", "TopKSampling"]


class Layer(NamedTuple):
    """A recurrence: its equations and its parameters by name."""

    graph: Graph
    parameters: Mapping[str, Tensor]


class Network(NamedTuple):
    """A token model: embedding (V, D), the layers from the first to the last, logits = weight · y + bias."""

    embedding: Tensor
    layers: tuple[Layer, ...]
    weight: Tensor
    bias: Tensor

    @property
    def tensors(self) -> list[Tensor]:
        """Everything that was learned."""
        learned = [tensor for layer in self.layers for tensor in layer.parameters.values()]
        return [self.embedding, *learned, self.weight, self.bias]

    def copy(self) -> Network:
        """The same numbers in tensors of its own, which are nobody's parameters."""

        def own(tensor: Tensor) -> Tensor:
            return tensor.detach().clone(memory_format=torch.contiguous_format)

        layers = [Layer(graph, {name: own(tensor) for name, tensor in named.items()}) for graph, named in self.layers]
        return Network(own(self.embedding), tuple(layers), own(self.weight), own(self.bias))


class TopKSampling(NamedTuple):
    """p_i ∝ exp(x_i / temperature) over the ``kept`` likeliest tokens (None: all) that are not ``forbidden``."""

    temperature: float = 1.0
    kept: int | None = None
    forbidden: tuple[int, ...] = ()
