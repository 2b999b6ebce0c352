"""From an encoder's memory to the first state of a decoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.choice import Choice
from seqloom.errors import UsageError
from seqloom.layers.padding import first_real_step, last_real_step, real_steps_only
from seqloom.layers.protocol import CausalLayer, check_sequence
from seqloom.layers.state import rebuilt

__all__ = ["Bridge", "Summary", "both_ends", "state_vectors"]


class Summary(Choice):
    """One vector of a memory, to begin with: both its ends, the mean of its steps (as of a picture), or its last step.

    >>> Summary.MEAN(torch.tensor([[[1.0], [2.0], [0.0]]]), torch.tensor([2]))
    tensor([[1.5000]])
    """

    ENDS = "ends"
    MEAN = "mean"
    LAST = "last"

    def features(self, memory_features: int) -> int:
        """The width of the vector, for a memory of so many features."""
        return 2 * memory_features if self is Summary.ENDS else memory_features

    def __call__(self, memory: Tensor, lengths: Tensor | None) -> Tensor:
        """memory (B, S, M), of which ``lengths`` (B,) steps are real → (B, ``features``); 0 for a row without steps."""
        match self:
            case Summary.ENDS:
                return both_ends(memory, lengths)
            case Summary.LAST:
                return last_real_step(memory, lengths)
            case _:
                steps = torch.tensor(memory.shape[1]) if lengths is None else lengths[:, None]
                return real_steps_only(memory, lengths).sum(1) / steps.to(memory.device).clamp(min=1)


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
    return _found(_is_first, state)


class Bridge(nn.Module):
    """h_0 = h + tanh(W summary) and, of an LSTM, c_0 = c + tanh(V summary), h and c being a decoder's own first values.

    ``summary`` is one vector of the memory. With a bidirectional encoder and a recurrence that begins at 0 this holds
    s_0 = tanh(W_s h←_1) (Bahdanau et al., 2015, appendix A.2.2) as a special case. All other leaves (caches, counts)
    keep their own first values. Raises UsageError when ``layer`` has no state vector to begin with.

    >>> from seqloom.cells import LSTM
    >>> from seqloom.layers import Recurrent
    >>> layer = Recurrent(LSTM, 2, 4)
    >>> h, c = Bridge(3, layer)(layer.initial_state(5), torch.zeros(5, 6, 3))
    >>> h.shape, c.shape
    (torch.Size([5, 4]), torch.Size([5, 4]))
    """

    def __init__(self, memory_features: int, layer: CausalLayer, summary: Summary = Summary.ENDS) -> None:
        super().__init__()
        self.memory_features, self.summary = memory_features, Summary(summary)
        state = layer.initial_state(1)
        self.widths = [vector.shape[1] for kind in (_is_first, _is_cell) for vector in _found(kind, state)]
        if not self.widths:
            raise UsageError(f"A memory begins a recurrence, but {type(layer).__name__} has no state vector (B, H).")
        self.linear = nn.Linear(self.summary.features(memory_features), sum(self.widths), bias=False)

    def forward(self, state: Any, memory: Tensor, lengths: Tensor | None = None) -> Any:
        """The layer's own initial ``state`` and memory (B, S, M) → the state to begin with."""
        lengths = check_sequence(self, memory, self.memory_features, lengths)
        summary = self.summary(memory, lengths)
        parts = iter(torch.tanh(self.linear(summary)).split(self.widths, dim=-1))
        for kind in (_is_first, _is_cell):
            state = _changed(kind, lambda vector: vector + next(parts), state)
        return state


Place = Callable[[tuple[Any, ...], int], bool]
"""Whether leaf k of a tuple is meant."""


def _is_first(state: tuple[Any, ...], k: int) -> bool:
    return k == 0 and _is_vector(state[k])


def _is_cell(state: tuple[Any, ...], k: int) -> bool:
    """The c of an LSTM. What else goes on beside an h, such as a normaliser, must begin where its equations say."""
    return getattr(state, "_fields", None) == ("h", "c") and k == 1 and _is_vector(state[k])


def _is_vector(part: Any) -> bool:
    return isinstance(part, Tensor) and part.ndim == 2 and part.is_floating_point()


def _changed(place: Place, function: Callable[[Tensor], Tensor], state: Any) -> Any:
    """``state`` with ``function`` of the leaves that are at such a place."""
    if isinstance(state, Tensor):
        return state
    parts = [function(part) if place(state, k) else _changed(place, function, part) for k, part in enumerate(state)]
    return rebuilt(state, parts)


def _found(place: Place, state: Any) -> list[Tensor]:
    """The leaves at such a place."""
    if isinstance(state, Tensor):
        return []
    found: list[Tensor] = []
    for k, part in enumerate(state):
        found += [part] if place(state, k) else _found(place, part)
    return found
