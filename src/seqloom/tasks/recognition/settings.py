"""The settings of a recogniser; light, for the command line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from seqloom.errors import UsageError
from seqloom.settings import COUNT, SHARE, Key, Range, Section
from seqloom.settings.sound import Normalisation
from seqloom.settings.text import Tokens
from seqloom.tasks.examples.settings import ExampleSettings
from seqloom.tasks.sequences.sound_settings import SoundSettings

__all__ = ["NGRAM", "WORD_NGRAM", "RecognizerSettings"]

NGRAM, WORD_NGRAM = "ngram", "word-ngram"
_MODEL, _TEXT, _DECODING = Section("Model"), Section("Text"), Section("Decoding")


@dataclass(frozen=True)
class RecognizerSettings(SoundSettings, ExampleSettings):
    """See :class:`seqloom.tasks.recognition.recognizer.Recognizer`. What is None is picked by the data.

    >>> RecognizerSettings(spec="gru(8) + pool(last)", beam=1, language_model="ngram")
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: 2 problems in the recogniser:
      spec: gru(8) + pool(last): pool(last) gives one vector for a whole row, ...
      beam: greedy decoding (1) hears no language model. ...
    """

    title = "the recogniser"
    may_change = (
        *ExampleSettings.may_change,
        *("dropout", "noise", "augment", "tokens", "minimum_count", "vocabulary_size"),
        *("beam", "rescore", "language_model", "order", "language_weight", "word_bonus"),
    )

    spec: Annotated[
        str | None,
        "Layers: conv(64, stride=2) + 2*gru(128) bidirectional, or without it to stream; with a decoder after them, "
        "-> luong(256), texts are written token by token.",
        _MODEL,
        Key("model"),
    ] = None
    tokens: Annotated[Tokens | None, "What one token of a transcript is.", _TEXT] = None
    style: Annotated[
        Literal["spoken", "written"], "Transcripts in small letters without marks (spoken), or as they are.", _TEXT
    ] = "spoken"
    minimum_count: Annotated[int, COUNT, "Rarer characters or words become <unk>.", _TEXT] = 1
    vocabulary_size: Annotated[int | None, Range(least=5), "The most tokens a vocabulary may have.", _TEXT] = None
    dropout: Annotated[
        float | None, SHARE, "Share of units dropped between the layers and before the head.", _MODEL
    ] = None
    noise: Annotated[
        float | None, Range(least=0), "Noise on series in training, in deviations of each channel.", _MODEL
    ] = None
    beam: Annotated[
        int | None,
        COUNT,
        "Prefixes that beam search keeps (default: 8, with a language model 16, of a decoder 4); 1 decodes greedily.",
        _DECODING,
    ] = None
    language_model: Annotated[
        str | None, "Of the transcripts: ngram (tokens), word-ngram, or the directory of a language model.", _DECODING
    ] = None
    rescore: Annotated[
        int | None,
        COUNT,
        "So many texts that the search has found are judged by the language model, which is not heard before.",
        _DECODING,
    ] = None
    order: Annotated[
        int | None, Range(least=1, most=20), "Of an n-gram (default: 3 for words, 6 for characters).", _DECODING
    ] = None
    language_weight: Annotated[
        float | None, Range(least=0), "What the language model counts (default: chosen on what is held out).", _DECODING
    ] = None
    word_bonus: Annotated[
        float | None, Range(), "Added for each token of the language model (default: chosen as well).", _DECODING
    ] = None
    normalisation: Annotated[
        Normalisation,
        "Over what a band has mean 0 and deviation 1: each recording, so that voices and microphones sound alike; or "
        "all that is learned from, which can stream.",
        Section("Sound"),
    ] = field(default=Normalisation.RECORDING, kw_only=True)
    batch_size: Annotated[int | None, COUNT, "Examples of a batch.", Section("Training")] = field(  # type: ignore[assignment]
        default=None, kw_only=True
    )

    def conflicts(self) -> Iterator[str]:
        if isinstance(self.spec, str) and self.spec.strip():
            from seqloom.layers import parse_encoder_decoder, parse_spec
            from seqloom.layers.decoder_spec import ARROW

            try:
                if ARROW in self.spec:
                    parse_encoder_decoder(self.spec).build(1, 1)
                else:
                    parse_spec(self.spec).build(1)
            except UsageError as error:
                yield f"spec: {error}"
        if self.beam == 1 and self.language_model is not None:
            yield "beam: greedy decoding (1) hears no language model. Give more, or leave one of them out."
        if self.rescore is not None and self.beam is not None and self.rescore > self.beam:
            yield f"rescore: expected at most the beam, {self.beam:,}, got {self.rescore:,}."
        if self.language_model is None:
            for name in ("rescore", "order", "language_weight", "word_bonus"):
                if getattr(self, name) is not None:
                    yield f"{name}: no effect without a language_model."
