"""The learned maps of multi-head attention: features to queries, keys and values, and heads back to features."""

from __future__ import annotations

from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers.residual_initialisation import initialise_residual

__all__ = ["Projections", "head_size"]


class Projections(nn.Module):
    """[q k v] = W_i x in one product, and y = W_o [head_1 … head_N].

    ``heads`` N queries, ``key_heads`` M keys and values, each of K = D / N features; D is ``features``.
    """

    def __init__(self, features: int, heads: int, key_heads: int) -> None:
        super().__init__()
        self.heads, self.key_heads = heads, key_heads
        self.head_size = head_size(features, heads, key_heads)
        self.inner = nn.Linear(features, (heads + 2 * key_heads) * self.head_size, bias=False)
        self.output = nn.Linear(features, features, bias=False)
        initialise_residual([self.inner], self.output)

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, T, D) → queries and keys (B, T, N + M, K), values (B, T, M, K)."""
        every = self.inner(x).unflatten(-1, (-1, self.head_size))
        both, value = every.split((self.heads + self.key_heads, self.key_heads), dim=2)
        return both, value

    def query_and_key(self, both: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, N + M, K) → queries (B, T, N, K), keys (B, T, M, K)."""
        query, key = both.split((self.heads, self.key_heads), dim=2)
        return query, key


def head_size(features: int, heads: int, key_heads: int) -> int:
    """K; raises UsageError unless heads divide the features, and key heads the heads."""
    if heads < 1 or features % heads:
        raise UsageError(f"{features} features cannot be shared by {heads} heads: heads must divide them.")
    if key_heads < 1 or heads % key_heads:
        raise UsageError(f"{heads} heads cannot share {key_heads} key heads: key_heads must divide heads.")
    return features // heads
