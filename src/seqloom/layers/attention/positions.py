"""How attention knows places: by turning queries and keys, by a bias on the scores, or not at all."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from seqloom.choice import Choice
from seqloom.errors import UsageError

__all__ = ["AlibiPositions", "AttentionPositions", "NoPositions", "Positions", "RotaryPositions"]


class AttentionPositions(ABC):
    """What a position does to queries and keys, and to scores."""

    @abstractmethod
    def turn(self, heads: Tensor, places: Tensor) -> Tensor:
        """Queries or keys (B, T, N, K) at the integer ``places`` (B or 1, T) of their sequences → the same, turned."""

    @abstractmethod
    def bias(self, distances: Tensor, dtype: torch.dtype) -> Tensor | None:
        """The summand (…, N, T, S) of the scores, if any, for integer ``distances`` (…, 1, T, S) from key to query."""


class NoPositions(AttentionPositions):
    """Attention over a set: only the mask knows the order."""

    def turn(self, heads: Tensor, places: Tensor) -> Tensor:
        return heads

    def bias(self, distances: Tensor, dtype: torch.dtype) -> None:
        return None


class RotaryPositions(AttentionPositions):
    """Pairs of features as complex numbers, turned by the place: x_k e^{i t θ_k}, θ_k = base^{-2k / K}.

    A score then depends on the distance of query and key only (Su et al., 2021, eq. 34). Pairs are neighbours, as in
    the paper; a last feature without a neighbour is not turned. Angles are computed in float64, so that a stream may be
    long.

    >>> RotaryPositions(2).turn(torch.tensor([[[[1.0, 0.0]]]]), torch.tensor([[1]])).flatten()
    tensor([0.5403, 0.8415])
    """

    def __init__(self, head_size: int, base: float = 10_000.0) -> None:
        self.rates = [base ** (-k / head_size) for k in range(0, head_size - 1, 2)]

    def turn(self, heads: Tensor, places: Tensor) -> Tensor:
        if heads.shape[-1] % 2:
            return torch.cat([self.turn(heads[..., :-1].contiguous(), places), heads[..., -1:]], -1)
        wide = torch.float64 if heads.dtype == torch.float64 else torch.float32
        angles = places[..., None, None] * torch.tensor(self.rates, device=heads.device, dtype=torch.float64)
        turns = torch.complex(angles.cos().to(wide), angles.sin().to(wide))
        numbers = torch.view_as_complex(heads.to(wide).unflatten(-1, (-1, 2)))
        return torch.view_as_real(numbers * turns).flatten(-2).to(heads.dtype)

    def bias(self, distances: Tensor, dtype: torch.dtype) -> None:
        return None


class AlibiPositions(AttentionPositions):
    """A penalty on the score that grows with the distance: -m_n |t - s|, one slope m_n a head (Press et al., 2022).

    The slopes of N = 2^a heads are 2^{-8 / N}, 2^{-16 / N}, …, 2^{-8}; for another N, those of the power of two below,
    and then every other one of the power above (their code).

    >>> AlibiPositions(2).slopes
    [0.0625, 0.00390625]
    """

    def __init__(self, heads: int) -> None:
        below = 1 << (heads.bit_length() - 1)
        between = [2 ** (-4 * k / below) for k in range(1, 2 * (heads - below) + 1, 2)]
        self.slopes = [2 ** (-8 * k / below) for k in range(1, below + 1)] + between

    def turn(self, heads: Tensor, places: Tensor) -> Tensor:
        return heads

    def bias(self, distances: Tensor, dtype: torch.dtype) -> Tensor:
        slopes = torch.tensor(self.slopes, device=distances.device, dtype=dtype)
        return -slopes[:, None, None] * distances.abs().to(dtype)


class Positions(Choice):
    """The kinds of position by name."""

    NONE = "none"
    ROTARY = "rotary"
    ALIBI = "alibi"

    def fit(self, features: int, heads: int) -> bool:
        """Whether so many heads can share the features.

        Rotary positions turn pairs: a feature is left over in a head only where the width itself is odd.

        >>> [heads for heads in range(1, 7) if Positions.ROTARY.fit(12, heads)]
        [1, 2, 3, 6]
        """
        size, left = divmod(features, heads)
        return not left and (self is not Positions.ROTARY or (size > 1 and size % 2 == features % 2))

    def build(self, heads: int, head_size: int) -> AttentionPositions:
        """The positions of a layer with so many heads of this size; raises UsageError where they do not :meth:`fit`."""
        if not self.fit(heads * head_size, heads):
            raise UsageError(f"Rotary positions turn pairs: the head size must be even; got {head_size}.")
        match self:
            case Positions.NONE:
                return NoPositions()
            case Positions.ROTARY:
                return RotaryPositions(head_size)
            case Positions.ALIBI:
                return AlibiPositions(heads)
