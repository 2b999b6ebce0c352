"""A sequence read from both ends (Schuster & Paliwal, 1997)."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.kernels.reversing import reverse_rows
from seqloom.kernels.transforms import known_to_torch
from seqloom.layers.protocol import SequenceLayer, check_parts, check_sequence

__all__ = ["Bidirectional", "BidirectionalState"]


@known_to_torch
class BidirectionalState(NamedTuple):
    """The states of the two directions: after the last step, and after the first."""

    forward: Any
    backward: Any


class Bidirectional(SequenceLayer):
    """y_t = [forward_t; backward_t]: one layer reads left to right, the other right to left.

    x (B, T, D) → y (B, T, H_f + H_b) (Schuster & Paliwal, 1997). It sees the future, so it cannot stream: it is a
    ``SequenceLayer`` and has no ``step``. Layers that change T must do so alike. Raises UsageError when the two layers
    read different widths.

    >>> from seqloom.cells import GRU
    >>> from seqloom.layers import Recurrent
    >>> Bidirectional(Recurrent(GRU, 2, 4), Recurrent(GRU, 2, 4)).out_features
    8
    """

    def __init__(self, forward_layer: SequenceLayer, backward_layer: SequenceLayer) -> None:
        super().__init__()
        if forward_layer.in_features != backward_layer.in_features:
            raise UsageError(
                f"The two directions must read the same width; these read {forward_layer.in_features} and "
                f"{backward_layer.in_features}."
            )
        self.forward_layer = forward_layer
        self.backward_layer = backward_layer
        self.in_features = forward_layer.in_features
        self.out_features = forward_layer.out_features + backward_layer.out_features
        self.keeps_time = forward_layer.keeps_time and backward_layer.keeps_time
        self.backward_features = backward_layer.out_features

    def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
        """Those of both directions."""
        return self.forward_layer.lengths_after(lengths)

    def initial_state(self, batch_size: int) -> BidirectionalState:
        """The initial states of both directions."""
        return BidirectionalState(
            self.forward_layer.initial_state(batch_size), self.backward_layer.initial_state(batch_size)
        )

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, BidirectionalState]:
        """x (B, T, D) → y (B, T, H_f + H_b), and the final state of each direction."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        given = BidirectionalState(*((None, None) if state is None else check_parts(self, state, 2)))
        ahead, after = self.forward_layer(x, given.forward, lengths)
        back, before = self.backward_layer(reverse_rows(x, lengths), given.backward, lengths)
        back = reverse_rows(back, self.lengths_after(lengths))
        return torch.cat([ahead, back], dim=-1), BidirectionalState(after, before)
