"""A body of layers as plain data, and back, without running anyone's code.

Each layer is saved by its words (``lstm(256)``) where it has some. A recurrent layer also holds the traced
graph of its cell; a cell without a word, a user's own, is rebuilt from that graph alone.
"""

from __future__ import annotations

from typing import Any

from seqloom.cells.graph import Graph
from seqloom.errors import ModelFileError, UsageError
from seqloom.layers import CausalLayer, CausalStack, LearnedState, NormKind, Recurrent, Spec, parse_spec
from seqloom.layers.spec import MAXIMUM_LAYERS, term_of

__all__ = ["body_from_data", "body_to_data"]

_KEYS = {"spec", "graph", "hidden_size"}


def body_to_data(body: CausalLayer) -> dict[str, Any]:
    """JSON-ready data of a stack of layers, or of one layer.

    >>> data = body_to_data(parse_spec("gru(4) + window(3)").build(2))
    >>> [layer["spec"] for layer in data["layers"]]
    ['gru(4)', 'window(3)']
    """
    if isinstance(body, CausalStack):
        layers = [_layer_to_data(layer) for layer in body.layers]
        options = {"dropout": body.dropout.p, "residual": body.residual, "last_norm": body.last_norm}
        return {"layers": layers, **options}
    return {"layers": [_layer_to_data(body)], "dropout": None, "residual": False, "last_norm": None}


def body_from_data(data: Any, in_features: int) -> CausalLayer:
    """Rebuild what :func:`body_to_data` wrote, its weights still to be loaded; ModelFileError for anything else."""
    try:
        return _body_from_data(data, in_features)
    except UsageError as error:
        raise ModelFileError(f"config.json describes layers that cannot be built: {error}") from error


def _layer_to_data(layer: Any) -> dict[str, Any]:
    try:
        spec = str(term_of(layer))
    except UsageError:
        spec = None
    if isinstance(layer, Recurrent):
        if spec is None and isinstance(layer.initial, LearnedState):
            raise UsageError("A cell of your own with a learned initial state cannot be saved. Begin with zeros.")
        return {"spec": spec, "graph": layer.graph.to_data(), "hidden_size": layer.hidden_size}
    if spec is None:
        raise UsageError(
            f"A layer of the kind {type(layer).__name__} cannot be saved: it has no word in a specification "
            "and is not a Recurrent."
        )
    return {"spec": spec, "graph": None, "hidden_size": None}


def _body_from_data(data: Any, in_features: int) -> CausalLayer:
    if not isinstance(data, dict) or set(data) - {"last_norm"} != {"layers", "dropout", "residual"}:
        raise ModelFileError("config.json: expected layers, dropout, residual and last_norm under 'body'.")
    entries, dropout, residual = data["layers"], data["dropout"], data["residual"]
    last_norm = data.get("last_norm")  # absent in older files, where such a norm was one of the layers
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAXIMUM_LAYERS:
        raise ModelFileError(f"config.json: expected 1 to {MAXIMUM_LAYERS} layers.")
    if type(residual) is not bool or not (dropout is None or type(dropout) in (int, float)):
        raise ModelFileError("config.json: the dropout or residual of the layers is damaged.")
    if last_norm not in (None, *NormKind):
        raise ModelFileError("config.json: the last norm of the layers is damaged.")
    layers: list[CausalLayer] = []
    for entry in entries:
        layers.append(_layer_from_data(entry, layers[-1].out_features if layers else in_features))
    if dropout is None:
        return layers[0]
    return CausalStack(layers, dropout if len(layers) > 1 else 0.0, residual, last_norm)


def _layer_from_data(entry: Any, in_features: int) -> CausalLayer:
    if not isinstance(entry, dict) or set(entry) != _KEYS:
        raise ModelFileError(f"config.json: expected a layer with {sorted(_KEYS)}.")
    spec, hidden_size = entry["spec"], entry["hidden_size"]
    graph = None if entry["graph"] is None else Graph.from_data(entry["graph"])
    if graph is not None and graph.in_features != in_features:
        raise ModelFileError(f"config.json: a cell takes {graph.in_features} features, it is given {in_features}.")
    if spec is not None:
        if not isinstance(spec, str):
            raise ModelFileError("config.json: expected the words of a layer as text.")
        layer = _only_layer(spec, in_features)
        if not isinstance(layer, Recurrent) or layer.graph == graph:
            return layer
    if graph is None or type(hidden_size) is not int or not 1 <= hidden_size <= 65536:
        raise ModelFileError("config.json: a layer has neither words nor the graph of a cell.")
    return Recurrent.from_graph(graph, hidden_size)


def _only_layer(spec: str, in_features: int) -> CausalLayer:
    read = parse_spec(spec)
    layer = read.terms[0].build(in_features)
    if read != Spec(read.terms[:1]) or read.layers != 1 or not isinstance(layer, CausalLayer):
        raise ModelFileError(f"config.json: expected the words of one causal layer, got {spec[:80]!r}.")
    return layer
