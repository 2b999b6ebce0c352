"""The leaky unit of echo-state networks (Jaeger et al., 2007)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from seqloom.cells.cell import Cell, Traced
from seqloom.cells.initialisation import Constant, Initialiser, SpectralRadius, Uniform
from seqloom.cells.words import Symbol, affine, named, tanh

__all__ = ["LeakyEchoState"]


@dataclass(frozen=True, kw_only=True)
class LeakyEchoState(Cell):
    """h' = (1 - decay) h + gain tanh(W x + U h + b): a leaky integrator, its decay and its gain set apart.

    Jaeger et al. (2007) write decay = a γ and gain = γ; the usual leaky unit has both equal to the leak rate
    (default 0.3 and 0.3). W begins between -1 and 1, U with a largest |eigenvalue| of 0.9, b at 0. Without a bias the
    unit is odd, h(-x) = -h(x), and so is what a linear readout can say.

    In an echo-state network only a readout is trained: ``layer.requires_grad_(False)`` keeps the reservoir as it is.
    The echo of the past fades near 0 while the largest |eigenvalue| of gain U + (1 - decay) I is below 1.

    >>> LeakyEchoState(decay=0.1, gain=0.5).state
    ('h',)
    """

    state = ("h",)
    decay: float = 0.3
    gain: float = 0.3
    input_init: Initialiser = Uniform(1.0)
    recurrent_init: Initialiser = SpectralRadius(0.9)
    bias_init: Initialiser = Constant(0.0)

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        return (1 - self.decay) * h + self.gain * named("update", tanh(affine("hidden", x, h)))

    def initialise(self, traced: Traced, parameters: Mapping[str, Tensor], generator: torch.Generator | None) -> None:
        super().initialise(traced, parameters, generator)
        with torch.no_grad():
            self.bias_init.fill(parameters["hidden.bias"], generator)
