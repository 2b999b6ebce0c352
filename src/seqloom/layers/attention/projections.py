"""The learned maps of multi-head attention: features to queries, keys and values, and heads back to features."""

from __future__ import annotations

from torch import Tensor, nn

from seqloom.layers.heads import check_heads
from seqloom.layers.residual_initialisation import initialise_residual

__all__ = ["Projections"]


class Projections(nn.Module):
    """[q k v] = W_i x in one product, and y = W_o [head_1 … head_N].

    ``heads`` N queries, ``key_heads`` M keys and values, each of K = D / N features; D is ``features``.
    """

    def __init__(self, features: int, heads: int, key_heads: int) -> None:
        super().__init__()
        self.heads, self.key_heads = heads, key_heads
        check_heads(features, heads, key_heads)
        self.head_size = features // heads
        self.inner = nn.Linear(features, (heads + 2 * key_heads) * self.head_size, bias=False)
        self.output = nn.Linear(features, features, bias=False)
        initialise_residual([self.inner], self.output)

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, T, D) → queries and keys side by side (B, T, N + M, K), values (B, T, M, K)."""
        every = self.inner(x).unflatten(-1, (-1, self.head_size))
        return every.split((self.heads + self.key_heads, self.key_heads), dim=2)  # type: ignore[no-any-return]
