"""A sequence that comes in pieces of any length, through layers that look back only; some may have fewer steps."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.layers.convolution import Convolution
from seqloom.layers.protocol import CausalLayer, SequenceLayer
from seqloom.layers.stack import Stack

__all__ = ["Pieces"]


class Pieces:
    """``y = pieces.push(x)``, x (B, n, D) → y (B, m, H), and ``finish()`` for what is left: together layer(whole).

    The layer is one that steps, or a causal convolution with a stride, or a stack of such layers; m is the number of
    steps of y that n more steps of x make whole. There are no gradients. UsageError for layers that see what comes.

    >>> from seqloom.layers import parse_spec
    >>> pieces = Pieces(parse_spec("conv(4, width=3, stride=2) + gru(5)").build(6))
    >>> [pieces.push(torch.zeros(1, 3, 6)).shape[1] for _ in range(3)], pieces.finish().shape[1]
    ([1, 2, 1], 1)
    """

    def __init__(self, layer: SequenceLayer, batch_size: int = 1) -> None:
        self._rows = batch_size
        self._layers = _in_order(layer)
        self._states: list[Any] = [
            one.unread(batch_size) if _strides(one) else one.initial_state(batch_size)  # type: ignore[operator]
            for one in self._layers
        ]
        self._norm = layer.norm if isinstance(layer, Stack) and not isinstance(layer, CausalLayer) else None

    @torch.no_grad()
    def push(self, x: Tensor) -> Tensor:
        """The outputs that are whole with some more steps."""
        return self._through(x, 0)

    @torch.no_grad()
    def finish(self) -> Tensor:
        """The outputs that are left when no more comes."""
        parts = []
        for place, layer in enumerate(self._layers):
            if _strides(layer):
                parts.append(self._through(layer.finish(self._states[place]), place + 1))  # type: ignore[operator]
        if not parts:
            return self._none(self._layers[-1].out_features)
        return torch.cat(parts, 1)

    def _through(self, x: Tensor, first: int) -> Tensor:
        for place, layer in enumerate(self._layers[first:], first):
            if not x.shape[1]:
                return self._none(self._layers[-1].out_features)
            if _strides(layer):
                x, self._states[place] = layer.chunk(x, self._states[place])  # type: ignore[operator]
            else:
                x, self._states[place] = layer(x, self._states[place])
        if self._norm is not None:
            x = self._norm(x)
        return x

    def _none(self, features: int) -> Tensor:
        return torch.zeros(self._rows, 0, features)


def _strides(layer: SequenceLayer) -> bool:
    return isinstance(layer, Convolution)


def _in_order(layer: SequenceLayer) -> list[SequenceLayer]:
    """The layers that read one after the other; a layer that steps is read as it is."""
    if isinstance(layer, CausalLayer | Convolution):
        return [layer]
    if isinstance(layer, Stack) and layer.bypass is None:
        parts = [_in_order(part) for part in layer.layers]  # type: ignore[arg-type]
        return [one for part in parts for one in part]
    raise UsageError(
        f"{type(layer).__name__} reads a sequence to its end before it answers, so it cannot read piece by piece. Take "
        "layers that only look back, without bidirectional."
    )
