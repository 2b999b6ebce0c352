"""A reservoir of leaky units: the part of an echo-state network that is drawn, not trained."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqloom.cells.echo_state import LeakyEchoState
from seqloom.cells.initialisation import Sparse, SpectralRadius, Uniform
from seqloom.errors import UsageError
from seqloom.kernels.transforms import known_to_torch
from seqloom.layers.protocol import CausalLayer, check_parts, check_sequence
from seqloom.layers.recurrent import Recurrent

__all__ = ["EchoState", "EchoStates"]

MAXIMUM_DEPTH = 64


@known_to_torch
class EchoStates(NamedTuple):
    """The state of an :class:`EchoState`: one state of leaky units, ``h`` (B, H), for each reservoir."""

    reservoirs: tuple[Any, ...]


class EchoState(CausalLayer):
    """The reservoir of an echo-state network: leaky units, drawn at random and, by default, never trained.

    h_t = (1 - decay) h_{t-1} + gain tanh(W x_t + U h_{t-1} + b).

    x (B, T, D) → y (B, T, depth · H): ``depth`` reservoirs of H = ``hidden_size`` units, each reading the one below,
    and all of them are the output (Jaeger, 2001; deep: Gallicchio, Micheli & Pedrelli, 2017).

    - U keeps the share ``density`` of each row, and its largest |eigenvalue| is exactly ``radius``;
    - W is uniform between ± ``input_scale`` / sqrt(D), so that more inputs do not drive the units harder;
    - b is uniform between ± ``bias_scale``: without it a reservoir is odd, and so is all that can be read from it;
    - ``decay`` and ``gain`` are both the leak rate of the usual leaky unit (Jaeger et al., 2007).

    The echo of the start fades, near 0, while gain · radius + 1 - decay is below 1. With ``frozen`` the weights ask for
    no gradient, and gradients still pass through; otherwise they are trained like those of any layer. A readout in
    closed form is in :mod:`seqloom.models.echo_state_network`.

    Raises UsageError for a share outside (0, 1] or a scale below 0.

    >>> import torch
    >>> y, state = EchoState(2, 50, depth=2)(torch.zeros(1, 3, 2))
    >>> y.shape, state.reservoirs[0].h.shape
    (torch.Size([1, 3, 100]), torch.Size([1, 50]))
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        radius: float = 0.9,
        density: float = 0.1,
        decay: float = 0.3,
        gain: float = 0.3,
        input_scale: float = 1.0,
        bias_scale: float = 0.1,
        depth: int = 1,
        frozen: bool = True,
    ) -> None:
        super().__init__()
        _check_shares(density=density, decay=decay)
        _check_scales(radius=radius, gain=gain, input_scale=input_scale, bias_scale=bias_scale)
        if not 1 <= depth <= MAXIMUM_DEPTH:
            raise UsageError(f"EchoState expected depth from 1 to {MAXIMUM_DEPTH}; got {depth!r}.")
        self.in_features, self.hidden_size, self.out_features = in_features, hidden_size, depth * hidden_size
        self.radius, self.density, self.decay, self.gain = radius, density, decay, gain
        self.input_scale, self.bias_scale, self.depth, self.frozen = input_scale, bias_scale, depth, frozen
        widths = [in_features] + [hidden_size] * (depth - 1)
        self.reservoirs = nn.ModuleList(Recurrent(self._cell(width), width, hidden_size) for width in widths)
        self.requires_grad_(not frozen)

    def _cell(self, width: int) -> LeakyEchoState:
        return LeakyEchoState(
            decay=self.decay,
            gain=self.gain,
            input_init=Uniform(self.input_scale / math.sqrt(max(1, width))),
            recurrent_init=SpectralRadius(self.radius, Sparse(density=self.density)),
            bias_init=Uniform(self.bias_scale),
        )

    def _layers(self) -> list[Recurrent]:
        return list(self.reservoirs)  # type: ignore[arg-type]

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the weights anew; in float64 the radius then is exact to the last digits."""
        for layer in self._layers():
            layer.reset_parameters(generator)

    def initial_state(self, batch_size: int) -> EchoStates:
        """Zeros."""
        return EchoStates(tuple(layer.initial_state(batch_size) for layer in self._layers()))

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, EchoStates]:
        """x (B, T, D) → y (B, T, depth · H), and the states after the last real step."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        outputs, new = [], []
        for layer, given in zip(self._layers(), self._given(state), strict=True):
            x, after = layer(x, given, lengths)
            outputs.append(x)
            new.append(after)
        return torch.cat(outputs, dim=-1), EchoStates(tuple(new))

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, EchoStates]:
        """x_t (B, D) → y_t (B, depth · H), and the next states."""
        outputs, new = [], []
        for layer, given in zip(self._layers(), self._given(state), strict=True):
            x_t, after = layer.step(x_t, given)
            outputs.append(x_t)
            new.append(after)
        return torch.cat(outputs, dim=-1), EchoStates(tuple(new))

    def _given(self, state: Any) -> tuple[Any, ...]:
        if state is None:
            return (None,) * self.depth
        (reservoirs,) = check_parts(self, state, 1)
        return check_parts(self, reservoirs, self.depth)

    def extra_repr(self) -> str:
        return f"radius={self.radius}, density={self.density}, decay={self.decay}, gain={self.gain}"


def _check_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0 < share <= 1:
            raise UsageError(f"EchoState expected {name} above 0 and at most 1; got {share!r}.")


def _check_scales(**scales: float) -> None:
    for name, scale in scales.items():
        if not (scale >= 0 and math.isfinite(scale)):
            raise UsageError(f"EchoState expected {name} of at least 0; got {scale!r}.")
