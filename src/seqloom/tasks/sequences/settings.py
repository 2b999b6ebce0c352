"""The settings of every task with one answer for a sequence; light, for the command line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

from seqloom.errors import UsageError
from seqloom.settings import COUNT, SHARE, Key, Range, Section, settings_of
from seqloom.settings.text import MoreWords, Tokens
from seqloom.tasks.examples.settings import ExampleSettings
from seqloom.tasks.sequences.picture_settings import PictureSettings
from seqloom.tasks.sequences.sound_settings import SoundSettings
from seqloom.tasks.tables.columns import ColumnSettings

__all__ = ["SequenceSettings"]

_WIDTH = Range(least=1, most=1 << 16)
_MODEL, _TEXT = Section("Model"), Section("Text")


@dataclass(frozen=True)
class SequenceSettings(ColumnSettings, SoundSettings, PictureSettings, ExampleSettings):
    """See :class:`seqloom.tasks.sequences.estimator.SequenceEstimator`. What is None is picked by the data.

    >>> SequenceSettings(spec="grü(8)", dropout=1.0)
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: 2 problems in the model of sequences:
      dropout: expected a number from 0 to below 1 or None, got 1.0.
      spec: ...
    """

    title = "the model of sequences"
    may_change = (
        *ExampleSettings.may_change,
        *settings_of(ColumnSettings),
        *(
            "tokens",
            "minimum_count",
            "vocabulary_size",
            "vectors",
            "more_words",
            "dropout",
            "word_dropout",
            "noise",
            "augment",
        ),
    )

    spec: Annotated[
        str | None, "Layers and how they are pooled: 2*gru(128) bidirectional + pool(attention).", _MODEL, Key("model")
    ] = None
    tokens: Annotated[Tokens | None, "What one token of a text is.", _TEXT] = None
    minimum_count: Annotated[int, COUNT, "Rarer characters or words become <unk>.", _TEXT] = 1
    vocabulary_size: Annotated[int | None, Range(least=5), "The most tokens a vocabulary may have.", _TEXT] = None
    embedding: Annotated[int | None, _WIDTH, "Width of the vector of a token.", _MODEL] = None
    vectors: Annotated[
        str | None, "A text file with a vector for each word: GloVe, word2vec, fastText (.vec).", _TEXT
    ] = None
    more_words: Annotated[MoreWords, _TEXT] = 10_000
    dropout: Annotated[
        float | None, SHARE, "Share of units dropped before and between the layers and before the head.", _MODEL
    ] = None
    word_dropout: Annotated[float | None, SHARE, "Share of tokens that are not seen in training.", _MODEL] = None
    noise: Annotated[
        float | None, Range(least=0), "Noise on series in training, in deviations of each channel.", _MODEL
    ] = None
    batch_size: Annotated[int | None, COUNT, "Examples of a batch.", Section("Training")] = field(  # type: ignore[assignment]
        default=None, kw_only=True
    )

    def conflicts(self) -> Iterator[str]:
        if isinstance(self.spec, str) and self.spec.strip():
            from seqloom.layers import parse_spec

            try:
                parse_spec(self.spec)
            except UsageError as error:
                yield f"spec: {error}"
        if self.vectors is not None and self.tokens not in (None, Tokens.WORDS, Tokens.SYMBOLS):
            yield f"vectors: they are of words, not of {self.tokens}. Leave tokens out, or say words."
