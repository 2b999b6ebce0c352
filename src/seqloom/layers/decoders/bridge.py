"""From an encoder's memory to the first state of a decoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers.padding import first_real_step, last_real_step, real_steps_only
from seqloom.layers.protocol import CausalLayer, check_sequence
from seqloom.layers.state import rebuilt

__all__ = ["Bridge", "both_ends", "state_vectors"]


def both_ends(memory: Tensor, lengths: Tensor | None) -> Tensor:
    """memory (B, S, M) → (B, 2M): its last real step, where a reader from the left has seen all, and its first.

    The first is where the other direction of a bidirectional encoder ends (Bahdanau et al., 2015, appendix A.2.2).
    A memory without steps gives 0.

    >>> both_ends(torch.tensor([[[1.0], [2.0], [9.0]]]), torch.tensor([2]))
    tensor([[2., 1.]])
    """
    return torch.cat([last_real_step(memory, lengths), first_real_step(memory, lengths)], dim=-1)


def state_vectors(state: Any) -> list[Tensor]:
    """The first leaf of every tuple in ``state`` that is a vector (B, H) of numbers: the h of each recurrence in it."""
    found: list[Tensor] = []

    def keep(vector: Tensor) -> Tensor:
        found.append(vector)
        return vector

    _map_vectors(keep, state)
    return found


class Bridge(nn.Module):
    """h_0 = h + tanh(W [memory_last; memory_first]) for every recurrence of a decoder, h being its own first value.

    With a bidirectional encoder and a recurrence that begins at 0 this holds s_0 = tanh(W_s h←_1) (Bahdanau et al.,
    2015, appendix A.2.2) as a special case. The other leaves (the c of an LSTM, caches, counts) keep their own first
    values. Raises UsageError when ``layer`` has no state vector to begin with.

    >>> from seqloom.cells import GRU
    >>> from seqloom.layers import Recurrent
    >>> layer = Recurrent(GRU, 2, 4)
    >>> Bridge(3, layer)(layer.initial_state(5), torch.zeros(5, 6, 3)).h.shape
    torch.Size([5, 4])
    """

    def __init__(self, memory_features: int, layer: CausalLayer) -> None:
        super().__init__()
        self.memory_features = memory_features
        self.widths = [vector.shape[1] for vector in state_vectors(layer.initial_state(1))]
        if not self.widths:
            raise UsageError(f"A memory begins a recurrence, but {type(layer).__name__} has no state vector (B, H).")
        self.linear = nn.Linear(2 * memory_features, sum(self.widths), bias=False)

    def forward(self, state: Any, memory: Tensor, lengths: Tensor | None = None) -> Any:
        """The layer's own initial ``state`` and memory (B, S, M) → the state to begin with."""
        lengths = check_sequence(self, memory, self.memory_features, lengths)
        summary = both_ends(real_steps_only(memory, lengths), lengths)
        parts = iter(torch.tanh(self.linear(summary)).split(self.widths, dim=-1))
        return _map_vectors(lambda vector: vector + next(parts), state)


def _map_vectors(function: Callable[[Tensor], Tensor], state: Any) -> Any:
    """``state`` with ``function`` of the first leaf of every tuple, where that is a vector (B, H) of numbers."""
    if isinstance(state, Tensor):
        return state
    parts = [
        function(part) if k == 0 and _is_vector(part) else _map_vectors(function, part) for k, part in enumerate(state)
    ]
    return rebuilt(state, parts)


def _is_vector(part: Any) -> bool:
    return isinstance(part, Tensor) and part.ndim == 2 and part.is_floating_point()
