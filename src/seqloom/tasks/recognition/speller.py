"""What a recogniser's spelling needs: a network, what it minimises, and the search for texts in what it says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.decoding.ctc import Transcript
from seqloom.decoding.fusion import Fusion
from seqloom.tasks.examples.going_on import Rows
from seqloom.tasks.examples.values import Examples
from seqloom.tasks.inputs.inputs import Inputs
from seqloom.tasks.inputs.sounds import SoundInputs
from seqloom.tasks.measures.edit_distance import character_error_rate, word_error_rate
from seqloom.tasks.recognition.language import known_language
from seqloom.tasks.recognition.settings import RecognizerSettings
from seqloom.tasks.recognition.stream import RecognizerStream
from seqloom.tasks.recognition.transcripts import Transcripts
from seqloom.training.objectives import Objective

__all__ = ["Searched", "Speller"]

_WEIGHTS, _BONUSES = (0.25, 0.5, 1.0), (0.0, 0.5, 1.0)
"""Of a language model, tried on what is held out."""
Searched = Callable[[Fusion], list[Transcript]]
"""The best text of each example, as a language model has it."""


class Speller(ABC):
    """How ``inputs`` become ``transcripts``, by ``settings`` and what else is known: the ``facts``."""

    def __init__(
        self, settings: RecognizerSettings, inputs: Inputs, transcripts: Transcripts, facts: Mapping[str, Any]
    ) -> None:
        self.settings, self.inputs, self.transcripts, self.facts = settings, inputs, transcripts, facts

    @abstractmethod
    def targets(self, texts: Sequence[str]) -> list[Tensor]:
        """The tokens (U,) that are learned for each text."""

    @abstractmethod
    def check(self, steps: Sequence[int], targets: Sequence[Tensor] | None, place: Callable[[int], str]) -> None:
        """Raise DataError, naming the ``place`` of each, for inputs of so many steps that cannot be spelt, or not as
        their targets."""

    @abstractmethod
    def build(self) -> nn.Module:
        """The network."""

    @abstractmethod
    def rows(self) -> Rows:
        """The rows of its weights that are of tokens; a vocabulary grows at its end."""

    @abstractmethod
    def objective(self) -> Objective[Batch]:
        """What is minimised and measured."""

    @abstractmethod
    def spelt(self, module: nn.Module, examples: Examples, count: int) -> Iterator[list[Transcript]]:
        """For each example at most the ``count`` best sequences of tokens; without frames where nothing says when."""

    @abstractmethod
    def searched(self, module: nn.Module, examples: Examples) -> Searched:
        """Some examples, heard once to be spelt with one language model after the other."""

    @abstractmethod
    def stream(self, module: nn.Module, silence: float) -> RecognizerStream:
        """What spells while it hears; UsageError where that cannot be."""

    @property
    def step_seconds(self) -> float:
        """How long a step of a sound is; of a series it is the unit."""
        return self.inputs.front.hop / self.inputs.rate if isinstance(self.inputs, SoundInputs) else 1.0

    def fusion(self) -> Fusion | None:
        """The language model that is asked for, with what it counts; None for none."""
        settings = self.settings
        if settings.language_model is None:
            return None
        chosen = {"weight": _WEIGHTS[1], "bonus": _BONUSES[1]} | dict(self.facts.get("fusion", {}))
        weight = chosen["weight"] if settings.language_weight is None else settings.language_weight
        bonus = chosen["bonus"] if settings.word_bonus is None else settings.word_bonus
        known = known_language(settings.language_model, self.facts.get("ngram"))
        return known.fused(self.transcripts, weight, bonus)

    def chosen_fusion(self, module: nn.Module, examples: Examples, true: Sequence[str]) -> dict[str, float]:
        """What a language model counts, and what each of its tokens adds, so that ``true`` texts are found best."""
        settings = self.settings
        assert settings.language_model is not None
        known = known_language(settings.language_model, self.facts.get("ngram"))
        searched = self.searched(module, examples)

        def errors(pair: tuple[float, float]) -> tuple[float, float]:
            texts = [self.transcripts.decode(one.tokens) for one in searched(known.fused(self.transcripts, *pair))]
            return word_error_rate(true[: len(texts)], texts), character_error_rate(true[: len(texts)], texts)

        weights = _WEIGHTS if settings.language_weight is None else (settings.language_weight,)
        bonuses = _BONUSES if settings.word_bonus is None else (settings.word_bonus,)
        weight, bonus = min(product(weights, bonuses), key=errors)
        return {"weight": weight, "bonus": bonus}
