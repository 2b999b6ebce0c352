"""The settings of a model of pairs; light, for the command line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from seqloom.errors import UsageError
from seqloom.settings import COUNT, SHARE, Key, Range, Section
from seqloom.settings.text import Tokens
from seqloom.tasks.examples.settings import ExampleSettings

__all__ = ["Seq2SeqSettings"]

_WIDTH = Range(least=1, most=1 << 16)
_DATA, _MODEL, _TEXT, _TRAINING = Section("Data"), Section("Model"), Section("Text"), Section("Training")
_WRITING = Section("Writing")


@dataclass(frozen=True)
class Seq2SeqSettings(ExampleSettings):
    """See :class:`seqloom.tasks.translation.seq2seq.Seq2Seq`, whose arguments these are. What is None is picked by the
    data.

    >>> Seq2SeqSettings(spec="gru(8)", smoothing=1.0)
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: 2 problems in the model of pairs:
      smoothing: expected a number from 0 to below 1 or None, got 1.0.
      spec: Expected '+', 'with' or '->', found ''...
    """

    title = "the model of pairs"
    may_change = (
        *ExampleSettings.may_change,
        *("input", "target", "encoding", "dropout", "smoothing", "most_steps", "longest", "too_long"),
        *("width", "length_penalty", "copy", "source_tokens", "target_tokens", "minimum_count", "vocabulary_size"),
    )

    spec: Annotated[
        str | None,
        "Encoder and decoder: 2*gru(256) bidirectional -> luong(256); or -> bahdanau, transformer, bottleneck.",
        _MODEL,
        Key("model"),
    ] = None
    source_tokens: Annotated[Tokens | None, "What one token of a source is.", _TEXT] = None
    target_tokens: Annotated[Tokens | None, "What one token of a target is.", _TEXT] = None
    minimum_count: Annotated[int, COUNT, "Rarer characters or words become <unk>.", _TEXT] = 1
    vocabulary_size: Annotated[int | None, Range(least=5), "The most tokens of each side.", _TEXT] = None
    embedding: Annotated[int | None, _WIDTH, "Width of the vector of a token.", _MODEL] = None
    tied: Annotated[bool, "The table of the targets is the head's, too; the decoder is as wide as it.", _MODEL] = False
    dropout: Annotated[float | None, SHARE, "Share of units dropped at the embeddings and before the head.", _MODEL] = (
        None
    )
    smoothing: Annotated[float | None, SHARE, "Share of a target given to all tokens alike.", _TRAINING] = None
    sampling: Annotated[
        float, SHARE, "Share of given tokens that are the model's own at the end; it grows from 0.", _TRAINING
    ] = 0.0
    most_steps: Annotated[
        int | None, COUNT, "The most steps of a batch, padding included, in place of its examples.", _TRAINING
    ] = None
    longest: Annotated[int, COUNT, "The most tokens of a source or target.", _DATA] = 1000
    too_long: Annotated[Literal["cut", "refuse"], "What is done with longer ones: they are cut, or refused.", _DATA] = (
        "cut"
    )
    copy: Annotated[bool, "In place of an unknown word the word that attention points at.", _WRITING] = False
    width: Annotated[int, COUNT, "How many beams are kept; 1 is greedy.", _WRITING, Key("beam")] = 4
    length_penalty: Annotated[float, Range(least=0), "Above 0 favours long answers.", _WRITING] = 0.6
    input: Annotated[str | None, "The column of sources, by name or number, from 1.", _DATA] = None
    target: Annotated[str | None, "The column of targets.", _DATA] = None
    encoding: Annotated[str | None, "Of the file, as Python names it: utf-8, cp1252, …", _DATA] = None
    batch_size: Annotated[int | None, COUNT, "Examples of a batch.", _TRAINING] = field(  # type: ignore[assignment]
        default=None, kw_only=True
    )

    def conflicts(self) -> Iterator[str]:
        if isinstance(self.spec, str):
            from seqloom.layers import parse_encoder_decoder

            try:
                parse_encoder_decoder(self.spec)
            except UsageError as error:
                yield f"spec: {error}"
