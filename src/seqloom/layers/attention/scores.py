"""How well each step of a memory answers a query, and the reading that follows from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seqloom.kernels import note
from seqloom.kernels.transforms import known_to_torch
from seqloom.layers.attention.dot_product import masked_softmax
from seqloom.layers.padding import real_steps, real_steps_only
from seqloom.layers.protocol import check_sequence
from seqloom.layers.state import lengthened

__all__ = ["AdditiveScore", "ConcatScore", "DotScore", "GeneralScore", "Memory", "MemoryAttention", "Score"]


class Score(nn.Module, ABC):
    """score(query, keys) → (B, S): one number for each of S steps of a memory; of T queries at once (B, T, S).

    What depends on the memory alone is computed once, by ``project``.
    """

    query_features: int
    memory_features: int

    @abstractmethod
    def project(self, memory: Tensor) -> Tensor:
        """memory (B, S, M) → keys (B, S, K), once for all queries."""

    @abstractmethod
    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """query (B, H) and keys (B, S, K) → scores (B, S); query (B, T, H) → (B, T, S)."""


class AdditiveScore(Score):
    """v · tanh(W query + U memory_s) (Bahdanau et al., 2015, appendix A.1.2).

    ``query_map`` is W (A, H), ``memory_map`` is U (A, M), ``vector`` is v (A,); A is ``hidden_size``.

    >>> score = AdditiveScore(4, 3, hidden_size=5)
    >>> score(torch.zeros(2, 4), score.project(torch.zeros(2, 6, 3))).shape
    torch.Size([2, 6])
    """

    def __init__(self, query_features: int, memory_features: int, hidden_size: int) -> None:
        super().__init__()
        self.query_features, self.memory_features, self.hidden_size = query_features, memory_features, hidden_size
        self.query_map = nn.Linear(query_features, hidden_size, bias=False)
        self.memory_map = nn.Linear(memory_features, hidden_size, bias=False)
        self.vector = nn.Parameter(torch.empty(hidden_size).uniform_(-1, 1) * hidden_size**-0.5)

    def project(self, memory: Tensor) -> Tensor:
        keys: Tensor = self.memory_map(memory)
        return keys

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        mapped = self.query_map(query).unsqueeze(-2)
        return torch.tanh(mapped + (keys if query.ndim == 2 else keys[:, None])) @ self.vector


ConcatScore = AdditiveScore
"""v · tanh(W_a [query; memory_s]) (Luong et al., 2015, eq. 8): the additive score, where W_a is [W U]."""


class DotScore(Score):
    """query · memory_s (Luong et al., 2015, eq. 8): nothing to learn, and both have one width.

    >>> score = DotScore(2)
    >>> score(torch.tensor([[1.0, 2.0]]), score.project(torch.tensor([[[3.0, 4.0], [0.0, 1.0]]])))
    tensor([[11.,  2.]])
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.query_features = self.memory_features = features

    def project(self, memory: Tensor) -> Tensor:
        return memory

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        return torch.bmm(keys, query[..., None]).squeeze(-1) if query.ndim == 2 else torch.bmm(query, keys.mT)


class GeneralScore(DotScore):
    """query · W memory_s (Luong et al., 2015, eq. 8): the dot product after a learned map of the memory."""

    def __init__(self, query_features: int, memory_features: int) -> None:
        super().__init__(query_features)
        self.memory_features = memory_features
        self.memory_map = nn.Linear(memory_features, query_features, bias=False)

    def project(self, memory: Tensor) -> Tensor:
        keys: Tensor = self.memory_map(memory)
        return keys


@known_to_torch
class Memory(NamedTuple):
    """What is looked at: ``keys`` (B, S, K), ``values`` (B, S, M), and which steps are ``real`` (B, S)."""

    keys: Tensor
    values: Tensor
    real: Tensor

    @property
    def room(self) -> int:
        """S."""
        return self.keys.shape[1]

    def with_room(self, room: int) -> Memory:
        """The same, with zeros after it up to ``room`` steps."""
        return Memory(*(lengthened(part, room) for part in self))


class MemoryAttention(nn.Module):
    """context = Σ_s a_s memory_s with a = softmax over the real steps of the scores; 0 for a memory without steps.

    >>> attention = MemoryAttention(DotScore(2))
    >>> memory = attention.remember(torch.ones(1, 3, 2), torch.tensor([2]))
    >>> attention.weights(torch.ones(1, 2), memory)
    tensor([[0.5000, 0.5000, 0.0000]])
    >>> attention(torch.ones(1, 2), memory)
    tensor([[1., 1.]])
    """

    def __init__(self, score: Score) -> None:
        super().__init__()
        self.score = score

    def remember(self, memory: Tensor, lengths: Tensor | None = None) -> Memory:
        """memory (B, S, M), of which ``lengths`` (B,) steps are real, with its keys."""
        lengths = check_sequence(self, memory, self.score.memory_features, lengths)
        values = real_steps_only(memory, lengths)
        real = torch.ones_like(values[..., 0], dtype=torch.bool) if lengths is None else real_steps(values, lengths)
        return Memory(self.score.project(values), values, real)

    def weights(self, query: Tensor, memory: Memory) -> Tensor:
        """query (B, H) → (B, S), or (B, T, H) → (B, T, S): they sum to 1 over the real steps and are 0 elsewhere."""
        real = memory.real if query.ndim == 2 else memory.real[:, None]
        return masked_softmax(self.score(query, memory.keys), real)

    def _shown(self, query: Tensor, memory: Memory) -> Tensor:
        """The weights (B, T, S), T = 1 for a single query."""
        return self.weights(query if query.ndim == 3 else query[:, None], memory)

    def forward(self, query: Tensor, memory: Memory) -> Tensor:
        """query (B, H) → context (B, M), or (B, T, H) → (B, T, M)."""
        real = memory.real if query.ndim == 2 else memory.real[:, None]
        note(attention=lambda: self._shown(query, memory))
        scores = self.score(query, memory.keys)
        # Beyond a row's length the values are 0, so that it does not matter how a row without steps shares them out.
        weights = torch.where(real, scores, torch.finfo(scores.dtype).min).softmax(-1)
        one = query.ndim == 2
        found = torch.bmm(weights[:, None] if one else weights, memory.values)
        return found.squeeze(1) if one else found
