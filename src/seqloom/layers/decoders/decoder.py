"""What every decoder promises to an encoder-decoder."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from torch import Tensor

from seqloom.layers.protocol import CausalLayer

__all__ = ["Decoder"]


class Decoder(CausalLayer):
    """A causal layer whose first state is made from an encoder's outputs: memory (B, S, M), memory_lengths (B,).

    What it knows of the source lies in its state, so whoever decodes needs ``step`` and ``select`` alone.
    """

    @abstractmethod
    def initial_state(
        self, batch_size: int, *, memory: Tensor | None = None, memory_lengths: Tensor | None = None
    ) -> Any:
        """The state before the first step."""
