"""The one protocol of every sequence layer.

Axes: B batch, T time, D features, H hidden. Batch first; rows are padded on the right; ``lengths`` (B,) or None says
how many steps of each row are real.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers.state import leaves

__all__ = ["CausalLayer", "SequenceLayer", "check_sequence", "check_state", "check_step"]


class SequenceLayer(nn.Module, ABC):
    """A layer that reads a whole sequence: ``y, state = layer(x, state=None, lengths=None)``, always this pair."""

    in_features: int
    out_features: int

    @abstractmethod
    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, Any]:
        """x (B, T, D) → y (B, T, H), 0 beyond each row's length, and the state after the last real step."""

    @abstractmethod
    def initial_state(self, batch_size: int) -> Any:
        """The state before the first step, for ``batch_size`` rows; batch is axis 0 of every leaf."""


class CausalLayer(SequenceLayer):
    """A layer whose output at t reads only steps up to t, so that it can stream."""

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One step: x_t (B, D) and the state give y_t (B, H) and the next state."""
        y, state = self.forward(x_t[:, None], state)
        return y[:, 0], state


def check_sequence(layer: nn.Module, x: Tensor, features: int, lengths: Tensor | None) -> None:
    """Raise UsageError unless x is (B, T, ``features``), of floating-point numbers, and lengths fit."""
    name = type(layer).__name__
    if x.ndim != 3 or x.shape[-1] != features:
        hint = " Add the batch axis with x[None]." if x.ndim == 2 else ""
        raise UsageError(f"{name} expected x of shape (B, T, {features}); got {tuple(x.shape)}.{hint}")
    _check_numbers(name, x)
    if lengths is None:
        return
    if lengths.shape != (x.shape[0],) or lengths.is_floating_point():
        raise UsageError(
            f"{name} expected lengths of shape ({x.shape[0]},), integers; got {tuple(lengths.shape)}, {lengths.dtype}."
        )
    if lengths.numel() and (int(lengths.min()) < 0 or int(lengths.max()) > x.shape[1]):
        raise UsageError(
            f"{name} expected lengths between 0 and T = {x.shape[1]}; got {int(lengths.min())} to {int(lengths.max())}."
        )


def check_step(layer: nn.Module, x_t: Tensor, features: int) -> None:
    """Raise UsageError unless x_t is (B, ``features``), of floating-point numbers."""
    name = type(layer).__name__
    if x_t.ndim != 2 or x_t.shape[-1] != features:
        raise UsageError(f"{name} expected one step of shape (B, {features}); got {tuple(x_t.shape)}.")
    _check_numbers(name, x_t)


def check_state(layer: nn.Module, state: Any, rows: int, *kinds: type) -> None:
    """Raise UsageError unless ``state`` is of one of ``kinds``, if any, and has as many rows as x in every leaf."""
    if kinds and not isinstance(state, kinds):
        raise UsageError(f"{type(layer).__name__} expected a {kinds[0].__name__}; got {type(state).__name__}.")
    for name, leaf in leaves(state):
        if leaf.shape[:1] != (rows,):
            raise UsageError(
                f"{type(layer).__name__} reads {rows} rows, but {name} has the shape {tuple(leaf.shape)}: "
                "axis 0 of a state is the batch."
            )


def _check_numbers(name: str, x: Tensor) -> None:
    if not x.is_floating_point():
        raise UsageError(f"{name} expected floating-point numbers; got {x.dtype}. Tokens need an embedding first.")
