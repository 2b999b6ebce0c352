"""Layers one after the other."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from seqloom.errors import SeqloomWarning, UsageError
from seqloom.layers.dropout import check_dropout
from seqloom.layers.norm import NormKind
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, SequenceLayer, check_causal, check_parts, check_sequence

__all__ = ["CausalStack", "Stack", "stack"]


class Stack(SequenceLayer):
    """y = layer_n(… layer_1(x)), with dropout between layers, residual connections and a last norm on demand.

    x (B, T, D) → y (B, T, H), where each layer's output is the next one's input. With ``residual`` each layer gives
    x + layer(x); where the widths differ, the passed-by x goes through a learned linear map (He et al., 2016, eq. 2).
    ``dropout`` is the share of values dropped between layers in training (Zaremba et al., 2014). ``last_norm`` is the
    kind of norm after the last layer, if any; it comes after the residual connection, and no dropout stands between.
    The state is the tuple of the layers' states. Raises UsageError when widths do not fit, and for residual connections
    past a layer that changes T; warns (SeqloomWarning) of a
    dropout in a stack of one layer, where it has no effect.

    >>> import torch
    >>> from seqloom.cells import GRU
    >>> from seqloom.layers import Recurrent
    >>> y, state = stack([Recurrent(GRU, 2, 4), Recurrent(GRU, 4, 3)])(torch.zeros(1, 5, 2))
    >>> y.shape, len(state)
    (torch.Size([1, 5, 3]), 2)
    """

    def __init__(
        self,
        layers: Iterable[SequenceLayer],
        dropout: float = 0.0,
        residual: bool = False,
        last_norm: NormKind | None = None,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        if not self.layers:
            raise UsageError("A stack needs at least one layer.")
        check_causal(self, self.layers)
        if check_dropout(dropout) and len(self.layers) == 1:
            warnings.warn(
                f"dropout={dropout:g} has no effect: it acts between layers, and here is one. Blocks have a dropout of "
                "their own; before or after the layer, torch.nn.Dropout does.",
                SeqloomWarning,
                stacklevel=2,
            )
        for below, above in pairwise(self._sequence_layers()):
            if below.out_features != above.in_features:
                names = type(below).__name__, type(above).__name__
                raise UsageError(
                    f"{names[0]} gives {below.out_features} features, but {names[1]} takes {above.in_features}."
                )
        self.keeps_time = all(layer.keeps_time for layer in self._sequence_layers())
        if residual and not self.keeps_time:
            raise UsageError(
                "A residual connection adds a layer's inputs to its outputs, step by step, but a layer here has fewer "
                "outputs than inputs. Leave residual=true out, or the stride."
            )
        self.dropout = nn.Dropout(dropout)
        self.residual = residual
        self.bypass = nn.ModuleList(_bypass(layer) for layer in self._sequence_layers()) if residual else None
        first, *_, last = [*self._sequence_layers()] * 2
        self.in_features, self.out_features = first.in_features, last.out_features
        self.backward_features = 0
        for layer in self._sequence_layers():
            self.backward_features = layer.backward_after(self.backward_features)
        self.last_norm = None if last_norm is None else NormKind(last_norm)
        self.norm = None if self.last_norm is None else self.last_norm.module(self.out_features)

    def _sequence_layers(self) -> list[SequenceLayer]:
        return list(self.layers)  # type: ignore[arg-type]

    def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
        """What the layers make of the lengths, one after the other."""
        for layer in self._sequence_layers():
            lengths = layer.lengths_after(lengths)
        return lengths

    def initial_state(self, batch_size: int) -> Any:
        """The tuple of the layers' initial states."""
        return tuple(layer.initial_state(batch_size) for layer in self._sequence_layers())

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, Any]:
        """x (B, T, D) → y (B, T', H), and the tuple of the layers' final states."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        layers = self._sequence_layers()
        states = (None,) * len(layers) if state is None else check_parts(self, state, len(layers))
        x, new = real_steps_only(x, lengths), []
        for k, (layer, given) in enumerate(zip(layers, states, strict=True)):
            inputs = self.dropout(x) if k else x
            x, after = layer(inputs, given, lengths)
            lengths = layer.lengths_after(lengths)
            if self.bypass is not None:
                x = x + self.bypass[k](inputs)
            new.append(after)
        if self.norm is not None:
            x = real_steps_only(self.norm(x), lengths)
        return x, tuple(new)


class CausalStack(Stack, CausalLayer):
    """A stack whose layers all stream, and which therefore streams."""

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One step: x_t (B, D) and the layers' states give y_t (B, H) and their next states."""
        x, new = x_t, []
        for k, (layer, given) in enumerate(zip(self.layers, check_parts(self, state, len(self.layers)), strict=True)):
            inputs = self.dropout(x) if k else x
            x, after = layer.step(inputs, given)  # type: ignore[operator]
            if self.bypass is not None:
                x = x + self.bypass[k](inputs)
            new.append(after)
        return x if self.norm is None else self.norm(x), tuple(new)


def stack(
    layers: Iterable[SequenceLayer],
    dropout: float = 0.0,
    residual: bool = False,
    last_norm: NormKind | None = None,
) -> Stack:
    """A ``CausalStack`` when every layer is causal, otherwise a ``Stack``."""
    layers = list(layers)
    kind = CausalStack if all(isinstance(layer, CausalLayer) for layer in layers) else Stack
    return kind(layers, dropout, residual, last_norm)


def _bypass(layer: SequenceLayer) -> nn.Module:
    if layer.in_features == layer.out_features:
        return nn.Identity()
    return nn.Linear(layer.in_features, layer.out_features, bias=False)
