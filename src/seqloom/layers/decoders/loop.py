"""A body's steps in training, where each step reads what the one before has found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.kernels.autocast import under_autocast
from seqloom.kernels.step_loop import Early, StepLoop
from seqloom.layers.protocol import CausalLayer
from seqloom.layers.recurrent import Recurrent
from seqloom.layers.stack import CausalStack
from seqloom.layers.weights import weights_by_name

__all__ = ["BodyLoop", "body_loop"]

Weights = Mapping[str, Tensor]
"""Those of a layer, by the names of its graph."""


class BodyLoop:
    """The steps of recurrent ``layers``, one on the other, whose first one knows the first ``known`` inputs early."""

    def __init__(
        self, layers: Sequence[Recurrent], weights: Sequence[Weights], dropout: nn.Module, known: int, is_stack: bool
    ) -> None:
        self._kinds = [(layer.state_type, len(layer.graph.states)) for layer in layers]
        self._loops = [
            StepLoop(layer.graph, own, known if k == 0 else 0)
            for k, (layer, own) in enumerate(zip(layers, weights, strict=True))
        ]
        self._dropout, self._is_stack = dropout, is_stack

    def begin(self, x: Tensor) -> list[tuple[Early, ...]]:
        """x (B, T, known) → what each layer knows of each step."""
        first, *others = self._loops
        nothing = [loop.begin(x[:1, :1, :0])[0] for loop in others]
        return [(early, *nothing) for early in first.begin(x)]

    def step(self, early: tuple[Early, ...], rest: Tensor, state: Any) -> tuple[Tensor, Any]:
        """What ``begin`` made of a step, the rest of its input (B, D - known) and the body's state → y, the next."""
        states, new, y = (state if self._is_stack else (state,)), [], rest
        for k, (loop, (kind, count)) in enumerate(zip(self._loops, self._kinds, strict=True)):
            y, after = loop.step(early[k], self._dropout(y) if k else y, states[k][:count])
            new.append(kind(*after))
        return y, (tuple(new) if self._is_stack else new[0])


def body_loop(body: CausalLayer, x: Tensor, known: int) -> BodyLoop | None:
    """The loop of ``body`` over x (B, T, D), of which ``known`` features come early; None where steps are as they are.

    That is so without gradients, for they have a kernel of their own, and for bodies with masks, blocks or hooks.
    """
    layers: list[Any] = list(body.layers) if type(body) is CausalStack else [body]
    if type(body) is CausalStack and (body.residual or body.norm is not None):
        return None
    if not torch.is_grad_enabled() or under_autocast(x) or not all(map(_is_plain, layers)):
        return None
    weights = [weights_by_name(layer.weights, layer.graph) for layer in layers]
    if any(weight.dtype != x.dtype for own in weights for weight in own.values()):
        return None
    dropout = body.dropout if type(body) is CausalStack else nn.Identity()
    return BodyLoop(layers, weights, dropout, known, type(body) is CausalStack)


def _is_plain(layer: nn.Module) -> bool:
    if type(layer) is not Recurrent or layer.graph.has_masks:
        return False
    return not (layer._forward_pre_hooks or layer._forward_hooks)
