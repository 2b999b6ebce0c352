"""Layers that are told by their words or by the graph of their cell, not by their constructors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from seqloom.cells.graph import Graph
from seqloom.errors import UsageError
from seqloom.layers import LearnedState, Pooled, Recurrent, SequenceLayer, Spec, parse_spec
from seqloom.layers.spec import pool_of, term_of
from seqloom.models.saved.recipe import Build, Recipe, Save
from seqloom.models.saved.untrusted import Untrusted

__all__ = ["ABodyAndItsPooling", "InWords", "OfACell"]

_ANY_LAYER = "norm + "
"""A pooling ends a specification, and none begins with it."""


class InWords(Recipe):
    """A layer that one word builds."""

    names = ("in_features", "spec")

    def to_fields(self, module: Any, save: Save) -> dict[str, Any]:
        return {"in_features": module.in_features, "spec": str(term_of(module))}

    def from_fields(self, fields: Mapping[str, Untrusted], build: Build) -> nn.Module:
        return _only_layer(fields["spec"], fields["in_features"].whole())


class OfACell(Recipe):
    """A recurrent layer: its words where it has some, and the traced graph of its cell.

    The words build the very cell, which can be initialised anew. A cell without them, a user's own, and one whose
    equations have changed since, are made from the graph alone.
    """

    made = Recurrent
    names = ("spec", "graph", "hidden_size", "learned_initial_state")

    def to_fields(self, module: Any, save: Save) -> dict[str, Any]:
        try:
            spec = str(term_of(module))
        except UsageError:
            spec = None
        learned = isinstance(module.initial, LearnedState)
        return dict(zip(self.names, (spec, module.graph.to_data(), module.hidden_size, learned), strict=True))

    def from_fields(self, fields: Mapping[str, Untrusted], build: Build) -> nn.Module:
        graph = Graph.from_data(fields["graph"].value)
        if fields["spec"].value is not None:
            with torch.device("meta"):  # words of something else, however large, take no memory
                told = _only_layer(fields["spec"], graph.in_features)
            if isinstance(told, Recurrent) and told.graph == graph:
                return _only_layer(fields["spec"], graph.in_features)
        initial = LearnedState() if fields["learned_initial_state"].flag() else None
        return Recurrent.from_graph(graph, fields["hidden_size"].whole(), initial)


class ABodyAndItsPooling(Recipe):
    """A body as any layer, and the words of what pools it."""

    made = Pooled
    names = ("body", "pooling")

    def to_fields(self, module: Any, save: Save) -> dict[str, Any]:
        return {"body": save(module.body), "pooling": str(pool_of(module.pooling))}

    def from_fields(self, fields: Mapping[str, Untrusted], build: Build) -> nn.Module:
        body: Any = build(fields["body"], SequenceLayer)
        words = fields["pooling"].text()
        read = parse_spec(_ANY_LAYER + words)
        if read.pooling is None or str(read) != f"{_ANY_LAYER}{read.pooling}":
            fields["pooling"].fail("the words of a pooling")
        return Pooled(body, read.pooling.build(body))


def _only_layer(spec: Untrusted, in_features: int) -> SequenceLayer:
    read = parse_spec(spec.text())
    if read != Spec(read.terms[:1]) or read.layers != 1:
        spec.fail("the words of one layer")
    return read.terms[0].build(in_features)
