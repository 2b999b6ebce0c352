"""A state as one vector a row, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.layers.protocol import CausalLayer
from seqloom.layers.state import grows, leaves, map_state

__all__ = ["check_of_one_size", "has_one_size", "state_vectors", "states_from_vectors"]


def state_vectors(state: Any) -> Tensor:
    """All numbers of a state (B, S), leaf after leaf; counters and seeds are left out.

    >>> state_vectors((torch.zeros(2, 3), torch.ones(2, 1))).tolist()
    [[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 1.0]]
    """
    return torch.cat([leaf.flatten(1) for _, leaf in leaves(state) if leaf.is_floating_point()], 1)


def states_from_vectors(template: Any, vectors: Tensor) -> Any:
    """A state like ``template``, of one row or as many as the ``vectors`` (B, S), with these numbers."""
    sizes = [leaf[0].numel() for _, leaf in leaves(template) if leaf.is_floating_point()]
    parts: Iterator[Tensor] = iter(vectors.split(sizes, 1))
    rows = len(vectors)

    def filled(leaf: Tensor) -> Tensor:
        if not leaf.is_floating_point():
            return leaf.expand(rows, *leaf.shape[1:]) if len(leaf) == 1 else leaf
        return next(parts).reshape(rows, *leaf.shape[1:])

    return map_state(filled, template)


def has_one_size(state: Any) -> bool:
    """Whether a state has numbers, as many after every step."""
    return not grows(state) and any(leaf.is_floating_point() for _, leaf in leaves(state))


def check_of_one_size(layer: CausalLayer, state: Any) -> None:
    """Raise UsageError where the state of a layer grows with every step, or has no numbers."""
    name = type(layer).__name__
    if grows(state):
        raise UsageError(f"{name} keeps all of its past, so no state of one size stands for it.")
    if not has_one_size(state):
        raise UsageError(f"{name} keeps nothing from step to step: it has no state to ask about.")
