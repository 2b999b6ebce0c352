"""The settings of a captioner; light, for the command line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

from seqloom.errors import UsageError
from seqloom.settings import COUNT, SHARE, Key, Range, Section
from seqloom.settings.text import Tokens
from seqloom.tasks.examples.settings import ExampleSettings
from seqloom.tasks.sequences.picture_settings import PictureSettings

__all__ = ["CaptionerSettings"]

_WIDTH = Range(least=1, most=1 << 16)
_MODEL, _CAPTIONS = Section("Model"), Section("Captions")


@dataclass(frozen=True)
class CaptionerSettings(PictureSettings, ExampleSettings):
    """See :class:`seqloom.tasks.captioning.captioner.Captioner`, whose arguments these are. What is None is picked by
    the data.

    >>> CaptionerSettings(spec="gru(8)")
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: 1 problem in the captioner:
      spec: Expected '+', 'with' or '->', found ''.
      gru(8)
            ^
    """

    title = "the captioner"
    may_change = (
        *ExampleSettings.may_change,
        *("dropout", "label_smoothing", "noise", "width", "length_penalty", "minimum_count", "vocabulary_size"),
    )

    spec: Annotated[
        str | None,
        "What sees, and what writes: grid(128) -> luong(256), or patches(8) + 2*transformer(64, causal=false) -> "
        "transformer(64).",
        _MODEL,
        Key("model"),
    ] = None
    tokens: Annotated[Tokens, "What one token of a caption is.", _CAPTIONS] = Tokens.WORDS
    minimum_count: Annotated[int, COUNT, "Rarer words become <unk>.", _CAPTIONS] = 1
    vocabulary_size: Annotated[int | None, Range(least=5), "The most tokens a vocabulary may have.", _CAPTIONS] = None
    embedding: Annotated[int | None, _WIDTH, "Width of the vector of a token.", _MODEL] = None
    dropout: Annotated[
        float | None, SHARE, "Share of units dropped in vectors of tokens, between layers and before the head.", _MODEL
    ] = None
    label_smoothing: Annotated[float | None, SHARE, "Share of a target that all tokens have alike.", _MODEL] = None
    noise: Annotated[
        float | None, Range(least=0), "Noise on what is seen in training, in deviations of each channel.", _MODEL
    ] = None
    frames: Annotated[
        int, Range(least=1, most=512), "The most frames of a video, evenly spaced.", Section("Pictures")
    ] = 16
    width: Annotated[int, Range(least=1, most=64), "Captions that are kept in beam search; 1 is greedy.", _CAPTIONS] = 4
    length_penalty: Annotated[
        float, Range(least=0, most=4), "How far longer captions are preferred (Wu et al., 2016).", _CAPTIONS
    ] = 0.6
    batch_size: Annotated[int | None, COUNT, "Captions of a batch.", Section("Training")] = field(  # type: ignore[assignment]
        default=None, kw_only=True
    )

    def conflicts(self) -> Iterator[str]:
        if isinstance(self.spec, str) and self.spec.strip():
            from seqloom.layers import parse_encoder_decoder

            try:
                parse_encoder_decoder(self.spec)
            except UsageError as error:
                yield f"spec: {error}"
