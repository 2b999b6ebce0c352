"""A token model as the tensors and equations that compiled code needs."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from seqloom.kernels.call import States
from seqloom.kernels.network import Layer, Network
from seqloom.layers import CausalStack, LearnedEmbedding, OneHot, Recurrent, StepHead
from seqloom.layers.weights import plain_weights, weights_by_name
from seqloom.models.token_model import TokenModel

__all__ = ["network_of", "states_of"]


def network_of(model: TokenModel) -> Network | None:
    """The network of a model in evaluation: recurrences one on the other. None for one with any other part.

    None, too, where weights are computed (parametrised, pruned) or hooks look on: packed weights would miss both.
    """
    layers = _recurrences(model.body)
    if layers is None or model.training or type(model.head) is not StepHead:
        return None
    if not all(map(_is_plain, model.modules())) or not all(plain_weights(layer.weights) for layer in layers):
        return None
    if not isinstance(model.embedding, LearnedEmbedding | OneHot):
        return None
    if isinstance(model.embedding, LearnedEmbedding) and model.embedding.scale != 1:
        return None
    embedding = model.embedding.table if isinstance(model.embedding, LearnedEmbedding) else model.embedding.units
    parts = tuple(Layer(layer.graph, weights_by_name(layer.weights, layer.graph)) for layer in layers)
    return Network(embedding, parts, model.head.linear.weight, model.head.linear.bias)


def states_of(model: TokenModel, state: Any) -> tuple[States, ...]:
    """A state of such a model as the states of each layer's graph."""
    layers = _recurrences(model.body) or []
    parts = (state,) if isinstance(model.body, Recurrent) else state
    return tuple(tuple(part[: len(layer.graph.states)]) for layer, part in zip(layers, parts, strict=True))


def _is_plain(module: nn.Module) -> bool:
    """Whether calling the module does no more than its class says, with parameters of its own."""
    return not (module._forward_hooks or module._forward_pre_hooks or is_parametrized(module))


def _recurrences(body: Any) -> list[Recurrent] | None:
    layers = [body]
    if type(body) is CausalStack and body.bypass is None and body.last_norm is None:
        layers = list(body.layers)
    return layers if all(type(layer) is Recurrent for layer in layers) else None
