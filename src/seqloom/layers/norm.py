"""Normalisation of each step's features, by itself."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from seqloom.choice import Choice
from seqloom.errors import UsageError
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, check_sequence
from seqloom.layers.root_mean_square import RMSNorm

__all__ = ["Norm", "NormKind"]


class NormKind(Choice):
    """How the features of a step are normalised.

    "layer": (x - mean) / sqrt(variance + 1e-5), a learned scale and shift (Ba et al., 2016);
    "rms": x / sqrt(mean(x²) + 1e-5), a learned scale (Zhang & Sennrich, 2019).
    """

    LAYER = "layer"
    RMS = "rms"

    def module(self, features: int) -> nn.LayerNorm | RMSNorm:
        """The module over ``features``."""
        return nn.LayerNorm(features) if self is NormKind.LAYER else RMSNorm(features)


class Norm(CausalLayer):
    """A norm of each step's features, as a layer: y_t = norm(x_t).

    x (B, T, D) → y (B, T, D); the state is empty. Blocks that normalise before what they add leave their sum as it is,
    so the last one is followed by a norm (Xiong et al., 2020): the ``last_norm`` of their stack, not a layer of it.
    Raises UsageError when ``hidden_size`` is not ``in_features``.

    >>> import torch
    >>> y, state = Norm(4, 4)(torch.full((1, 2, 4), 3.0))
    >>> y[0, 0], state
    (tensor([1.0000, 1.0000, 1.0000, 1.0000], grad_fn=<SelectBackward0>), ())
    """

    def __init__(self, in_features: int, hidden_size: int, *, kind: NormKind = NormKind.RMS) -> None:
        super().__init__()
        if in_features != hidden_size:
            raise UsageError(f"A norm keeps the width: {in_features} features cannot become {hidden_size}.")
        self.in_features, self.out_features, self.kind = in_features, hidden_size, NormKind(kind)
        self.norm = self.kind.module(in_features)

    def backward_after(self, below: int | None) -> int | None:
        """Those of the layer below: the features keep their places."""
        return below

    def initial_state(self, batch_size: int) -> tuple[()]:
        """Nothing: no step knows of another."""
        return ()

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, tuple[()]]:
        """x (B, T, D) → y (B, T, D)."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        return real_steps_only(self.norm(real_steps_only(x, lengths)), lengths), ()
