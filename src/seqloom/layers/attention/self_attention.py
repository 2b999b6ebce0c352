"""Multi-head attention of a sequence to itself: causal, with the keys and values as its state, or both ways.

Axes: B batch, T time, D features, N heads, M key heads, K = D / N head size, W window.
"""

from __future__ import annotations

from abc import ABC
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.kernels.transforms import is_seen
from seqloom.layers.attention.banded import Band
from seqloom.layers.attention.cache import KeyValueCache, ReservedCache
from seqloom.layers.attention.dot_product import attend
from seqloom.layers.attention.places import next_places
from seqloom.layers.attention.positions import Positions
from seqloom.layers.attention.projections import Projections
from seqloom.layers.attention.window_cache import WindowCache
from seqloom.layers.dropout import check_dropout
from seqloom.layers.heads import largest_fit
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, SequenceLayer, check_sequence, check_state

__all__ = ["CausalSelfAttention", "SelfAttention"]


class _SelfAttention(SequenceLayer, ABC):
    """What both directions share: sizes, maps and positions."""

    def __init__(
        self,
        features: int,
        heads: int | None = None,
        *,
        key_heads: int | None = None,
        window: int | None = None,
        positions: Positions = Positions.ROTARY,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if window is not None and window < 1:
            raise UsageError(f"A window holds at least one step; got window={window!r}.")
        if heads is None:
            heads = largest_fit(lambda n: Positions(positions).fit(features, n) and n % (key_heads or 1) == 0)
        self.in_features = self.out_features = features
        self.maps = Projections(features, heads, heads if key_heads is None else key_heads)
        self.window, self.dropout, self.positions = window, check_dropout(dropout), Positions(positions)
        self._placing = self.positions.build(heads, self.maps.head_size)

    def _project(self, x: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (B, T, D) → queries (B, T, N, K), keys and values (B, T, M, K), the former two turned to their places."""
        turning, value = self.maps.split(x)
        query, key = self._placing.turn(turning, places).split((self.maps.heads, self.maps.key_heads), dim=2)
        return query, key, value

    def _attend(
        self, query: Tensor, key: Tensor, value: Tensor, distances: Tensor, allowed: Tensor | None, causal: bool = False
    ) -> Tensor:
        """The heads (B, T, N, K), for ``distances`` (B or 1, T, S) from key to query."""
        bias = self._placing.bias(distances[:, None], query.dtype)
        q, k, v = query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
        return attend(q, k, v, allowed, bias, causal=causal, dropout=self._dropped).transpose(1, 2)

    def _finish(self, heads: Tensor, lengths: Tensor | None) -> Tensor:
        """(B, T, N, K) → (B, T, D)."""
        return real_steps_only(self.maps.output(heads.flatten(2)), lengths)

    @property
    def _dropped(self) -> float:
        return self.dropout if self.training else 0.0

    def extra_repr(self) -> str:
        return f"{self.in_features}, heads={self.maps.heads}, window={self.window}, positions={self.positions}"


class CausalSelfAttention(_SelfAttention, CausalLayer):
    """Multi-head attention from each step to itself and those before it (Vaswani et al., 2017, sec. 3.2.2).

    y_t = W_o [head_1 … head_N]: x (B, T, D) → y (B, T, D). D is ``features``; ``heads`` N (default: 4, or the largest
    number below that fits) share ``key_heads`` M keys and values (default: N, one each; Ainslie et al., 2023); with
    ``window`` W only the last W steps are seen, step t itself among them (default: all). ``positions`` turn the keys or
    bias the scores. ``dropout`` is the share of attention weights dropped in training. No map has a bias, as in Llama
    (Touvron et al., 2023): a bias of the keys would change no weight.

    The state is a ``KeyValueCache``, which grows, or with a window a ``WindowCache`` of constant size; ``reserve``
    gives the former room to be written in place. Raises UsageError where the sizes do not divide.

    >>> y, state = CausalSelfAttention(8, heads=2)(torch.zeros(1, 5, 8))
    >>> y.shape, state.keys.shape, state.steps
    (torch.Size([1, 5, 8]), torch.Size([1, 5, 2, 4]), tensor([5]))
    >>> y, state = CausalSelfAttention(8, heads=2, window=4)(torch.zeros(1, 5, 8))
    >>> state.keys.shape
    torch.Size([1, 3, 2, 4])
    """

    def initial_state(self, batch_size: int) -> KeyValueCache | WindowCache:
        """No steps yet."""
        room = 0 if self.window is None else self.window - 1
        weight, shape = self.maps.inner.weight, (batch_size, room, self.maps.key_heads, self.maps.head_size)
        steps = torch.zeros(batch_size, dtype=torch.int64, device=weight.device)
        kind = KeyValueCache if self.window is None else WindowCache
        return kind(weight.new_zeros(shape), weight.new_zeros(shape), steps)

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, Any]:
        """x (B, T, D) → y (B, T, D), and the keys and values that later steps will see."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        cache = self.initial_state(x.shape[0]) if state is None else self._checked(state, x.shape[0])
        first = self._is_first(cache, state is None, x.shape[1])
        places = torch.arange(x.shape[1], device=x.device)[None] if first else next_places(cache.steps, x.shape[1])
        query, key, value = self._project(real_steps_only(x, lengths), places)
        after = cache.append(key, value, lengths)
        if first:
            y = self._attend(query, key, value, places[..., None] - places[:, None], None, causal=True)
        elif isinstance(cache, WindowCache):
            y = self._attend_to_window(query, key, value, cache)
        else:
            y = self._attend_to_past(query, after, places)
        return self._finish(y, lengths), after

    def _is_first(self, cache: KeyValueCache | ReservedCache | WindowCache, new: bool, time: int) -> bool:
        """Whether nothing came before, and all that comes is in sight: then no mask is needed."""
        if self.window is None:
            return cache.keys.shape[1] == 0
        return time <= self.window and (new or not (is_seen((cache.keys, cache.steps)) or any(cache.steps.tolist())))

    def _attend_to_past(self, query: Tensor, cache: Any, places: Tensor) -> Tensor:
        """The keys of the past and the new ones stand in one cache."""
        keys, values = cache.filled()
        distances = places[..., None] - torch.arange(keys.shape[1], device=places.device)
        everything = places.shape == (1, 1) and not is_seen((keys,))  # a traced cache has room that is not filled
        return self._attend(query, keys, values, distances, None if everything else distances[:, None] >= 0)

    def _attend_to_window(self, query: Tensor, key: Tensor, value: Tensor, cache: WindowCache) -> Tensor:
        """The kept keys and the new ones stand side by side."""
        keys, values = torch.cat([cache.keys, key], 1), torch.cat([cache.values, value], 1)
        existing = F.pad(cache.existing(), (0, key.shape[1]), value=True)
        if query.shape[1] == 1:  # everything that is kept is in sight
            distances = torch.arange(keys.shape[1] - 1, -1, -1, device=keys.device)[None, None]
            return self._attend(query, keys, values, distances, existing[:, None, None])
        return Band(cache.keys.shape[1], 0, self._placing, self._dropped).attend(query, keys, values, existing)

    def _checked(self, state: Any, rows: int) -> Any:
        kinds = (KeyValueCache, ReservedCache) if self.window is None else (WindowCache,)
        check_state(self, state, rows, *kinds)
        return state


class SelfAttention(_SelfAttention):
    """Multi-head attention from each step to all; with ``window`` W, to those less than W away, before and after.

    The other arguments are those of ``CausalSelfAttention``. It cannot stream: its state is empty.

    >>> y, state = SelfAttention(8, heads=2)(torch.zeros(1, 5, 8))
    >>> y.shape, state
    (torch.Size([1, 5, 8]), ())
    """

    def initial_state(self, batch_size: int) -> tuple[()]:
        """Nothing."""
        return ()

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, tuple[()]]:
        """x (B, T, D) → y (B, T, D)."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        places = torch.arange(x.shape[1], device=x.device)[None]
        query, key, value = self._project(real_steps_only(x, lengths), places)
        existing = None if lengths is None else places < lengths.to(x.device)[:, None]
        if self.window is None or x.shape[1] <= self.window:
            allowed = None if existing is None else existing[:, None, None]
            y = self._attend(query, key, value, places[..., None] - places[:, None], allowed)
        else:
            y = self._attend_to_neighbours(query, key, value, existing, self.window - 1)
        return self._finish(y, lengths), ()

    def _attend_to_neighbours(
        self, query: Tensor, key: Tensor, value: Tensor, existing: Tensor | None, reach: int
    ) -> Tensor:
        """Keys ``reach`` away on either side; beyond the ends there are none."""
        if existing is None:
            existing = key.new_ones(1, key.shape[1], dtype=torch.bool)
        around = (0, 0, 0, 0, reach, reach)
        keys, values, existing = F.pad(key, around), F.pad(value, around), F.pad(existing, (reach, reach))
        return Band(reach, reach, self._placing, self._dropped).attend(query, keys, values, existing)
