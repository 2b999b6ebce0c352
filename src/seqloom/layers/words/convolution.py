"""The word for convolutions."""

from __future__ import annotations

from collections.abc import Mapping

from seqloom.layers.convolution import CausalConvolution, Convolution
from seqloom.layers.protocol import SequenceLayer
from seqloom.layers.words.layer import LayerWord
from seqloom.layers.words.word import Value, Word

__all__ = ["ConvolutionWord"]


class ConvolutionWord(Word):
    """The class that streams where it can: causal and without a stride."""

    streaming, whole = LayerWord(CausalConvolution), LayerWord(Convolution)
    options = whole.options
    subject = CausalConvolution

    def build(self, in_features: int, width: int, options: Mapping[str, Value]) -> SequenceLayer:
        if not options["causal"] or options["stride"] != 1:
            return self.whole.build(in_features, width, options)
        return self.streaming.build(in_features, width, {name: options[name] for name in self.streaming.options})

    def recognise(self, layer: SequenceLayer) -> Mapping[str, Value] | None:
        options = self.streaming.recognise(layer)
        return self.whole.recognise(layer) if options is None else {**options, "stride": 1, "causal": True}
