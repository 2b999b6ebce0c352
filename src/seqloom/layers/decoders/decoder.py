"""What every decoder promises to an encoder-decoder."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from torch import Tensor

from seqloom.errors import UsageError
from seqloom.layers.protocol import CausalLayer

__all__ = ["Decoder"]


class Decoder(CausalLayer):
    """A causal layer whose first state is made from an encoder's outputs: memory (B, S, M), memory_lengths (B,).

    M is ``memory_features``. What it knows of the source lies in its state, so whoever decodes needs ``step`` and
    ``select`` alone.
    """

    memory_features: int

    @abstractmethod
    def initial_state(
        self, batch_size: int, *, memory: Tensor | None = None, memory_lengths: Tensor | None = None
    ) -> Any:
        """The state before the first step."""

    def alignments(self, x: Tensor, state: Any, lengths: Tensor | None = None) -> Tensor:
        """The weights (B, T, S) with which each step of x reads each step of the memory in ``state``.

        Raises UsageError for a decoder that reads no single steps of it.
        """
        raise UsageError(
            f"A {type(self).__name__} knows its source by one vector, so there is nothing to look at. Decoders with "
            "attention have alignments: luong, bahdanau, transformer."
        )
