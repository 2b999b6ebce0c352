"""The last keys and values only: the state of attention through a sliding window, of constant size."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.layers.attention.cache import steps_after

__all__ = ["WindowCache"]


class WindowCache(NamedTuple):
    """Keys and values (B, W - 1, N, K) of the last steps, the latest on the right, after ``steps`` (B,) steps in all.

    What stands left of a row's first step is never looked at.
    """

    keys: Tensor
    values: Tensor
    steps: Tensor

    def existing(self) -> Tensor:
        """Which of the kept places (B, W - 1) hold a step."""
        return torch.arange(self.keys.shape[1], 0, -1, device=self.steps.device) <= self.steps[:, None]

    def append(self, keys: Tensor, values: Tensor, lengths: Tensor | None) -> WindowCache:
        """The cache after T more steps, keys and values (B, T, N, K), of which ``lengths`` (B,) are real."""
        kept, time = self.keys.shape[1], keys.shape[1]

        def last(old: Tensor, new: Tensor) -> Tensor:
            if lengths is None and time >= kept:
                return new[:, time - kept :].clone()  # not a view, which would keep the whole sequence in memory
            seen = torch.cat([old, new], 1)
            if lengths is None:
                return seen[:, time:].clone()
            places = lengths.to(seen.device)[:, None] + torch.arange(kept, device=seen.device)
            return seen.gather(1, places[..., None, None].expand(-1, -1, *seen.shape[2:]))

        return WindowCache(last(self.keys, keys), last(self.values, values), steps_after(self.steps, keys, lengths))
