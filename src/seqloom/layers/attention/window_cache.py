"""The last keys and values only: the state of attention through a sliding window, of constant size."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.kernels.transforms import known_to_torch
from seqloom.layers.attention.places import steps_after
from seqloom.layers.last_steps import last_steps

__all__ = ["WindowCache"]


@known_to_torch
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
        kept = self.keys.shape[1]

        def last(old: Tensor, new: Tensor) -> Tensor:
            new = new.to(old.dtype)  # under autocast it is narrower
            enough = lengths is None and new.shape[1] >= kept
            return last_steps(new if enough else torch.cat([old, new], 1), kept, lengths)

        return WindowCache(last(self.keys, keys), last(self.values, values), steps_after(self.steps, keys, lengths))
