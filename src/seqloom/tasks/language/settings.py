"""The settings of a language model: one record, checked as a whole, and what it builds.

Nothing heavy is imported before it is needed: the command line reads its flags from here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from seqloom.errors import UsageError
from seqloom.settings import COUNT, SHARE, Key, Kind, OneOf, Range, Section, Settings
from seqloom.settings.text import Document, Start, Tokens
from seqloom.training.settings import TrainingSettings

if TYPE_CHECKING:
    from seqloom.data import Vocabulary
    from seqloom.layers import CausalLayer
    from seqloom.models.token_model import TokenModel

__all__ = ["ONE_HOT", "Body", "LanguageSettings"]

Body = str | Callable[[int], "CausalLayer"]
"""The words of a specification, or a function from the width of the input to a layer."""

ONE_HOT = "one-hot"
_WIDTH = Range(least=1, most=1 << 16)
_MODEL, _TEXT, _TRAINING = Section("Model"), Section("Text"), Section("Training")


class _Layers(Kind):
    """A :data:`Body`, or None in a model that was loaded without the code of its cells."""

    metavar = "WORDS"
    expected = ("words such as 'lstm(256)'",)

    def take(self, value: object) -> object:
        if value is None or callable(value) or (isinstance(value, str) and value.strip()):
            return value
        raise ValueError


class _TokensOrVocabulary(OneOf):
    """A word for what one token is, or a vocabulary that is there already."""

    def take(self, value: object) -> "Tokens | Vocabulary":  # type: ignore[override]
        if not isinstance(value, str):
            from seqloom.data import Vocabulary

            if isinstance(value, Vocabulary):
                return value
        return Tokens(super().take(value))


@dataclass(frozen=True)
class LanguageSettings(Settings):
    """See :class:`seqloom.tasks.LanguageModel`, whose arguments these are, in their final types.

    >>> LanguageSettings.from_mapping({"tokens": "word", "dropout": 2.0})
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: 2 problems in the language model:
      tokens: expected one of characters, bytes, words, bpe, symbols, got 'word'. Did you mean 'words'?
      dropout: expected a number from 0 to below 1, got 2.0.
    """

    title = "the language model"

    spec: Annotated[
        "Body | None", _Layers(), "Layers: lstm(256), 2*gru(128,…), elman(100) + lstm(64).", _MODEL, Key("model")
    ] = "lstm(256)"
    tokens: Annotated["Tokens | Vocabulary", _TokensOrVocabulary(tuple(Tokens)), "What one token is.", _TEXT] = (
        Tokens.CHARACTERS
    )
    document: Annotated[Document, "Where a document ends.", _TEXT] = Document.FILE
    reset: Annotated[bool | None, "Begin each document with a fresh state (default: if there are many).", _TEXT] = None
    start: Annotated[Start, "What predicts the first token: <eos>, or a zero vector.", _TEXT] = Start.EOS
    minimum_count: Annotated[int, COUNT, "Rarer characters or words become <unk>.", _TEXT] = 1
    vocabulary_size: Annotated[int | None, Range(least=3), "The most tokens a vocabulary may have.", _TEXT] = None
    embedding: Annotated[
        int | Literal["one-hot"] | None, _WIDTH, "Width of the learned embedding, or one-hot.", _MODEL
    ] = None
    tied: Annotated[bool, "Share the table of the embedding with the head.", _MODEL] = False
    dropout: Annotated[float, SHARE, "Share of units dropped between layers and before the head.", _MODEL] = 0.1
    batch_size: Annotated[int, COUNT, "Rows of a batch.", _TRAINING] = 32
    window: Annotated[int, COUNT, "Tokens that gradients flow through (truncated backpropagation).", _TRAINING] = 128
    training: TrainingSettings = field(default_factory=TrainingSettings)

    def conflicts(self) -> Iterator[str]:
        if isinstance(self.spec, str) and self.spec.strip():
            from seqloom.layers import parse_spec

            try:
                parse_spec(self.spec)
            except UsageError as error:
                yield f"spec: {error}"
        if self.tied is True and self.embedding == ONE_HOT:
            yield "tied: one-hot inputs have no table that the head could share. Give embedding a width."

    def build(self, vocabulary: "Vocabulary") -> "TokenModel":
        """The network for a vocabulary, its weights drawn from the seed of the training settings."""
        from seqloom.tasks.language.network import build_network

        return build_network(self, vocabulary)
