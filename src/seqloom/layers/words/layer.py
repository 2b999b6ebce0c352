"""Words made from the classes of layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seqloom.layers.protocol import SequenceLayer
from seqloom.layers.words.word import Option, Value, Word

__all__ = ["CausalWord", "LayerWord"]


@dataclass(frozen=True)
class LayerWord(Word):
    """A class of layers whose constructor is ``(in_features, hidden_size, option=default, …)``.

    Its options are those of the constructor, and each layer keeps them as attributes of the same names. It keeps its
    ``hidden_size`` too where that is not the width of its outputs.

    >>> from seqloom.layers.window import Window
    >>> LayerWord(Window).options
    {'size': Option(default=8, kind=<class 'int'>)}
    """

    layer: type[SequenceLayer]

    @property
    def subject(self) -> type:
        return self.layer

    @cached_property
    def options(self) -> Mapping[str, Option]:  # type: ignore[override]
        return Option.of(self.layer, 2)

    def build(self, in_features: int, width: int, options: Mapping[str, Value]) -> SequenceLayer:
        make: Any = self.layer
        layer: SequenceLayer = make(in_features, width, **options)
        return layer

    def recognise(self, layer: SequenceLayer) -> Mapping[str, Value] | None:
        return {name: getattr(layer, name) for name in self.options} if type(layer) is self.layer else None

    def width(self, layer: SequenceLayer) -> int:
        width: int = getattr(layer, "hidden_size", layer.out_features)
        return width


@dataclass(frozen=True)
class CausalWord(Word):
    """Two classes under one word: the first only looks back; ``causal=false`` asks for the other."""

    causal: LayerWord
    both_ways: LayerWord

    @property
    def subject(self) -> type:
        return self.causal.layer

    @cached_property
    def options(self) -> Mapping[str, Option]:  # type: ignore[override]
        return {**self.causal.options, "causal": Option(True, bool)}

    def build(self, in_features: int, width: int, options: Mapping[str, Value]) -> SequenceLayer:
        rest = {name: value for name, value in options.items() if name != "causal"}
        word = self.causal if options["causal"] else self.both_ways
        return word.build(in_features, width, rest)

    def recognise(self, layer: SequenceLayer) -> Mapping[str, Value] | None:
        for word, causal in ((self.causal, True), (self.both_ways, False)):
            options = word.recognise(layer)
            if options is not None:
                return {**options, "causal": causal}
        return None
