"""An encoder and a decoder in words: ``2*gru(256) bidirectional -> luong(256)``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from seqloom.errors import UsageError
from seqloom.layers.decoders.decoder import Decoder
from seqloom.layers.protocol import SequenceLayer
from seqloom.layers.spec import Spec, changed, spec_of
from seqloom.layers.words import Value
from seqloom.layers.words.decoders import DECODERS, Sizes

__all__ = ["ARROW", "DecoderTerm", "EncoderDecoderSpec", "EncoderWithDecoder", "decoder_term_of"]

ARROW = "->"


@dataclass(frozen=True)
class DecoderTerm:
    """A decoder of one word with ``count`` layers; ``options`` holds every option, given or default."""

    word: str
    width: int | None
    options: tuple[tuple[str, Value], ...]
    count: int = 1

    def build(self, in_features: int, memory_features: int) -> Decoder:
        """The decoder, for inputs of ``in_features`` and an encoder's outputs of ``memory_features``."""
        sizes = Sizes(in_features, memory_features, self.width or in_features, self.count)
        try:
            return DECODERS[self.word].build(sizes, dict(self.options))
        except UsageError as error:
            raise UsageError(f"{self}: {error}") from error

    def __str__(self) -> str:
        width = [str(self.width)] if self.width else []
        inside = ", ".join([*width, *changed(self.options, DECODERS[self.word].options)])
        return f"{f'{self.count}*' if self.count > 1 else ''}{self.word}{f'({inside})' if inside else ''}"


class EncoderWithDecoder(NamedTuple):
    """What an :class:`EncoderDecoderSpec` builds."""

    encoder: SequenceLayer
    decoder: Decoder


@dataclass(frozen=True)
class EncoderDecoderSpec:
    """A parsed specification of an encoder and a decoder; ``str`` prints it in normal form."""

    encoder: Spec
    decoder: DecoderTerm

    def build(self, source_features: int, target_features: int) -> EncoderWithDecoder:
        """Both, for a source and a target of these features.

        >>> from seqloom.layers import parse_encoder_decoder
        >>> spec = parse_encoder_decoder("2*gru(8) bidirectional -> luong(6)")
        >>> encoder, decoder = spec.build(source_features=3, target_features=4)
        >>> encoder.out_features, decoder.in_features, decoder.out_features
        (16, 4, 6)
        """
        encoder = self.encoder.build(source_features)
        return EncoderWithDecoder(encoder, self.decoder.build(target_features, encoder.out_features))

    @classmethod
    def of(cls, encoder: SequenceLayer, decoder: Decoder) -> EncoderDecoderSpec:
        """The specification that builds both; raises UsageError where there is none."""
        return cls(spec_of(encoder), decoder_term_of(decoder))

    def __repr__(self) -> str:
        return f"parse_encoder_decoder({str(self)!r})"

    def __str__(self) -> str:
        return f"{self.encoder} {ARROW} {self.decoder}"


def decoder_term_of(decoder: Decoder) -> DecoderTerm:
    """The term of a decoder, its width given; raises UsageError for one that no word builds.

    >>> from seqloom.layers import parse_encoder_decoder
    >>> pair = parse_encoder_decoder("gru(8) -> 2*bahdanau(4, cell=lstm)").build(3, 3)
    >>> print(decoder_term_of(pair.decoder))
    2*bahdanau(4, cell=lstm)
    """
    for name, word in DECODERS.items():
        found = word.recognise(decoder)
        if found is not None:
            options = tuple((key, found.options[key]) for key in word.options)
            return DecoderTerm(name, found.width, options, found.layers)
    raise UsageError(f"No word of a specification builds this {type(decoder).__name__}.")
