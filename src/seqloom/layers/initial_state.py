"""The state before the first step."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from seqloom.cells.graph import Graph

__all__ = ["NORMAL_SCALE", "InitialState", "LearnedState", "RandomState", "ZeroState"]

NORMAL_SCALE = 0.1


class InitialState(ABC):
    """Makes the vectors (H,) that every row of a batch begins with, one per state of the cell."""

    @abstractmethod
    def vectors(self, graph: Graph) -> nn.ParameterList | list[Tensor]:
        """One vector per state: a ParameterList when they are learned, tensors when they are fixed."""


class ZeroState(InitialState):
    """Zeros, or the finite values that the cell names as its own (``Cell.initial``): the default."""

    def vectors(self, graph: Graph) -> list[Tensor]:
        return [torch.full((state.width,), state.initial) for state in graph.states]


class RandomState(InitialState):
    """N(0, ``scale``²), drawn once from ``seed``; all rows begin alike, so a row does not depend on its place.

    Without a seed the numbers are drawn like the weights, from torch's own generator, and saved like them.
    """

    def __init__(self, seed: int | None = None, scale: float = NORMAL_SCALE) -> None:
        self.seed = seed
        self.scale = scale

    def vectors(self, graph: Graph) -> list[Tensor]:
        with torch.random.fork_rng(devices=[], enabled=self.seed is not None):
            if self.seed is not None:
                torch.manual_seed(self.seed)
            return [self.scale * torch.randn(state.width) for state in graph.states]


class LearnedState(InitialState):
    """Parameters, trained with the rest, beginning at the cell's own values."""

    def vectors(self, graph: Graph) -> nn.ParameterList:
        return nn.ParameterList(ZeroState().vectors(graph))
