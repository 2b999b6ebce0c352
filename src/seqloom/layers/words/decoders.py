"""Words for decoders: what each one builds over an encoder's memory, its options, and how it is recognised again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from seqloom.choice import Choice
from seqloom.errors import UsageError
from seqloom.layers.attention.scores import AdditiveScore, DotScore, GeneralScore, Score
from seqloom.layers.decoders.attention import AttentionDecoder
from seqloom.layers.decoders.bahdanau import BahdanauDecoder
from seqloom.layers.decoders.bottleneck import BottleneckDecoder
from seqloom.layers.decoders.bridge import Summary
from seqloom.layers.decoders.decoder import Decoder
from seqloom.layers.decoders.luong import LuongDecoder
from seqloom.layers.decoders.transformer import TransformerDecoder, TransformerDecoderBlock
from seqloom.layers.protocol import CausalLayer
from seqloom.layers.stack import CausalStack
from seqloom.layers.words import WORDS, Option, Value
from seqloom.layers.words.recurrent import GRUWord, RecurrentWord

__all__ = ["DECODERS", "DecoderWord", "Recognised", "Sizes"]

DecoderCell = StrEnum(  # type: ignore[misc]
    "DecoderCell", {name.upper(): name for name, word in WORDS.items() if isinstance(word, RecurrentWord | GRUWord)}
)
"""The cells that a recurrent decoder may have, by their words."""
_LSTM, _GRU = DecoderCell("lstm"), DecoderCell("gru")


class ScoreKind(Choice):
    """How a step of the memory is scored: query · W memory, query · memory, or v · tanh(W query + U memory)."""

    GENERAL = "general"
    DOT = "dot"
    ADDITIVE = "additive"

    def build(self, query_features: int, memory_features: int) -> Score:
        """The score; UsageError for a dot product of different widths."""
        match self:
            case ScoreKind.GENERAL:
                return GeneralScore(query_features, memory_features)
            case ScoreKind.ADDITIVE:
                return AdditiveScore(query_features, memory_features, hidden_size=query_features)
            case ScoreKind.DOT if query_features != memory_features:
                raise UsageError(
                    f"score=dot needs one width for both; the decoder has {query_features}, the encoder gives "
                    f"{memory_features}. Take score=general."
                )
            case _:
                return DotScore(query_features)


_SCORES: Mapping[type[Score], ScoreKind] = {
    GeneralScore: ScoreKind.GENERAL,
    DotScore: ScoreKind.DOT,
    AdditiveScore: ScoreKind.ADDITIVE,
}


class Sizes(NamedTuple):
    """What a decoder reads and is: inputs, memory and width in features, and how many layers."""

    in_features: int
    memory_features: int
    width: int
    layers: int


class Recognised(NamedTuple):
    """What builds a decoder again."""

    width: int
    layers: int
    options: Mapping[str, Value]


class DecoderWord(ABC):
    """A word that may stand after ``->``."""

    subject: type[Decoder]
    options: Mapping[str, Option]

    @abstractmethod
    def build(self, sizes: Sizes, options: Mapping[str, Value]) -> Decoder:
        """The decoder, with every option given."""

    @abstractmethod
    def recognise(self, decoder: Decoder) -> Recognised | None:
        """What builds ``decoder`` if this word does, else None."""


_BODY: Mapping[str, Option] = {"cell": Option(_LSTM, DecoderCell), "dropout": Option(0.0, float)}
_SUMMARY = Option(Summary.ENDS, Summary)


def _body(in_features: int, sizes: Sizes, options: Mapping[str, Value]) -> CausalStack:
    """Layers of ``cell`` one on the other, ``dropout`` between them."""
    word, layers = WORDS[str(options["cell"])], list[Any]()
    defaults = {name: option.default for name, option in word.options.items()}
    for _ in range(sizes.layers):
        layers.append(word.build(layers[-1].out_features if layers else in_features, sizes.width, defaults))
    return CausalStack(layers, float(str(options["dropout"])))


def _recognised_body(body: CausalLayer) -> Recognised | None:
    """What ``_body`` was asked for, if it was."""
    if type(body) is not CausalStack or body.residual or body.last_norm is not None:
        return None
    for name in DecoderCell:
        word = WORDS[str(name)]
        defaults = {key: option.default for key, option in word.options.items()}
        layers: list[Any] = list(body.layers)
        if all(word.recognise(layer) == defaults and layer.out_features == body.out_features for layer in layers):
            return Recognised(body.out_features, len(layers), {"cell": name, "dropout": body.dropout.p})
    return None


class AttentionWord(DecoderWord):
    """A recurrent decoder that looks back at the memory."""

    score: ScoreKind
    cell: DecoderCell
    own: Mapping[str, Option]
    """Those of its options that no other decoder has."""

    @cached_property
    def options(self) -> Mapping[str, Option]:  # type: ignore[override]
        shared = {"cell": Option(self.cell, DecoderCell), "score": Option(self.score, ScoreKind)}
        return {**_BODY, **shared, **self.own, "summary": _SUMMARY}

    @abstractmethod
    def read(self, sizes: Sizes, options: Mapping[str, Value]) -> int:
        """How many features the body reads beside the input."""

    def build(self, sizes: Sizes, options: Mapping[str, Value]) -> Decoder:
        score = ScoreKind(str(options["score"])).build(sizes.width, sizes.memory_features)
        body = _body(sizes.in_features + self.read(sizes, options), sizes, options)
        chosen: Any = {name: options[name] for name in (*self.own, "summary")}
        return self.subject(body, score, **chosen)

    def recognise(self, decoder: Decoder) -> Recognised | None:
        if type(decoder) is not self.subject or not isinstance(decoder, AttentionDecoder):
            return None
        body, score = _recognised_body(decoder.body), decoder.attention.score
        kind = _SCORES.get(type(score))
        wide = isinstance(score, AdditiveScore) and score.hidden_size != score.query_features
        if body is None or kind is None or wide:
            return None
        chosen = {name: getattr(decoder, name) for name in (*self.own, "summary")}
        return body._replace(options={**body.options, "score": kind, **chosen})


class LuongWord(AttentionWord):
    """Its body reads the last output too, unless ``feed=false``."""

    subject = LuongDecoder
    score, cell = ScoreKind.GENERAL, _LSTM
    own: Mapping[str, Option] = {"feed": Option(True, bool)}

    def read(self, sizes: Sizes, options: Mapping[str, Value]) -> int:
        return sizes.width if options["feed"] else 0


class BahdanauWord(AttentionWord):
    """Its body reads what it finds; ``readout`` features go on to the head."""

    subject = BahdanauDecoder
    score, cell = ScoreKind.ADDITIVE, _GRU
    own: Mapping[str, Option] = {"readout": Option(None, int)}

    def read(self, sizes: Sizes, options: Mapping[str, Value]) -> int:
        return sizes.memory_features


class BottleneckWord(DecoderWord):
    """A recurrent decoder that knows the source by its first state, and by ``context`` features at every step."""

    subject = BottleneckDecoder
    options: Mapping[str, Option] = {**_BODY, "context": Option(None, int), "summary": _SUMMARY}

    def build(self, sizes: Sizes, options: Mapping[str, Value]) -> Decoder:
        context = int(str(options["context"] or 0))
        body = _body(sizes.in_features + context, sizes, options)
        return BottleneckDecoder(body, sizes.memory_features, context, Summary(str(options["summary"])))

    def recognise(self, decoder: Decoder) -> Recognised | None:
        if type(decoder) is not BottleneckDecoder:
            return None
        body, context = _recognised_body(decoder.body), decoder.context_features or None
        return body and body._replace(options={**body.options, "context": context, "summary": decoder.summary})


class TransformerWord(DecoderWord):
    """A Transformer's decoder: as many blocks as layers."""

    subject = TransformerDecoder
    options: Mapping[str, Option] = {
        name: option for name, option in Option.of(TransformerDecoderBlock, 2).items() if name != "memory_features"
    }

    def build(self, sizes: Sizes, options: Mapping[str, Value]) -> Decoder:
        chosen: Any = options
        widths = [sizes.in_features, *[sizes.width] * (sizes.layers - 1)]
        return TransformerDecoder(
            TransformerDecoderBlock(width, sizes.width, memory_features=sizes.memory_features, **chosen)
            for width in widths
        )

    def recognise(self, decoder: Decoder) -> Recognised | None:
        if type(decoder) is not TransformerDecoder:
            return None
        blocks: list[Any] = list(decoder.stack.layers)
        first, *others = [
            (block.hidden_size, {name: getattr(block, name) for name in self.options}) for block in blocks
        ]
        return Recognised(first[0], len(blocks), first[1]) if all(other == first for other in others) else None


DECODERS: Mapping[str, DecoderWord] = {
    "luong": LuongWord(),
    "bahdanau": BahdanauWord(),
    "bottleneck": BottleneckWord(),
    "transformer": TransformerWord(),
}
