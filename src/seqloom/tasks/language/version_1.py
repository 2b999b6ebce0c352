"""The network of a language model as directories of version 1 tell it, in the words of today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from seqloom.models.saved import module_from_data
from seqloom.models.saved.untrusted import Untrusted

__all__ = ["upgraded"]

_LATER: Mapping[str, Any] = {"scale": 1.0, "tied": False}
"""What the first of them did not have yet."""


def upgraded(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data that ``module_to_data`` would give for the same network; ModelFileError for damaged ones."""
    given = Untrusted({**_LATER, **data}, "model")
    fields = given.fields({"vocabulary_size", "embedding", "scale", "tied", "dropout", "body"})
    size, width = fields["vocabulary_size"].whole(), fields["embedding"]
    embedding: dict[str, Any] = {"kind": "one-hot", "vocabulary_size": size}
    if width.value is not None:
        embedding |= {"kind": "embedding", "features": width.whole(), "scale": fields["scale"].value}
    body, out_features = _body(fields["body"], embedding.get("features", size))
    head = {"kind": "step-head", "in_features": out_features, "classes": size, "link": "softmax"}
    model = {"kind": "token-model", "embedding": embedding, "body": body, "head": head}
    tied = {"shared": {"head.linear.weight": "embedding.table"}} if fields["tied"].flag() else {}
    return {**model, "dropout": fields["dropout"].value, **tied}


def _body(given: Untrusted, in_features: int) -> tuple[dict[str, Any], int]:
    """The layers and how many features they give; a ``dropout`` of None says that one layer stands by itself."""
    if isinstance(given.value, dict):
        given = Untrusted({"last_norm": None, **given.value}, given.path)  # once one of the layers
    fields = given.fields({"layers", "dropout", "residual", "last_norm"})
    layers, width = [], in_features
    for entry in fields["layers"].items():
        layers.append(_layer(entry, width))
        with torch.device("meta"):
            layer: Any = module_from_data(layers[-1], nn.Module, entry.path)
        width = layer.out_features
    if fields["dropout"].value is None:
        return layers[0], width
    options = {name: fields[name].value for name in ("dropout", "residual", "last_norm")}
    return {"kind": "causal-stack", "layers": layers, **options}, width


def _layer(given: Untrusted, in_features: int) -> dict[str, Any]:
    fields = {name: part.value for name, part in given.fields({"spec", "graph", "hidden_size"}).items()}
    if fields["graph"] is None:
        return {"kind": "layer", "in_features": in_features, "spec": fields["spec"]}
    return {"kind": "recurrent", **fields, "learned_initial_state": False}
