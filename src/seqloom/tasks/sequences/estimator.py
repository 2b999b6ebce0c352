"""One answer for a whole sequence: what its estimators share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from seqloom.data.batch import Batch
from seqloom.data.folders import LabelledTexts
from seqloom.data.padded import Targets
from seqloom.data.tables import Choice, Sought
from seqloom.data.tables.opened import Opened
from seqloom.data.text.vectors import first_words, read_vectors, warn_of_few
from seqloom.data.text.vocabularies.choice import Tokens
from seqloom.errors import UsageError, listed
from seqloom.layers import LearnedEmbedding
from seqloom.tasks.examples.estimator import Division, ExampleEstimator, Examples, Facts, Given, Rows, over
from seqloom.tasks.inputs import Inputs, TextInputs, inputs_from_json, learned_inputs
from seqloom.tasks.inputs.sounds import heard_rate
from seqloom.tasks.sequences.network import SequenceModel, build_model, fill_in
from seqloom.tasks.sequences.picks import pick_settings
from seqloom.tasks.sequences.reading import by_place, divided, read_sequences
from seqloom.tasks.sequences.said import Said
from seqloom.tasks.tables.columns import choice_of
from seqloom.tasks.tables.rows_for_testing import rows_for_testing

__all__ = ["SequenceEstimator"]


class SequenceEstimator(ExampleEstimator):
    """Texts (strings), or series (T, D) of any lengths, and an answer for each; see the classes below it."""

    sought: ClassVar[Sequence[Sought]]
    """What a target in a table may be."""

    tokens: Any
    minimum_count: int
    vocabulary_size: int | None
    vectors: str | None
    more_words: int

    @property
    def columns_(self) -> Choice | None:
        """The columns of the table that it learned from; None where that was none."""
        self._check_fitted("model_")
        columns = self.facts_.get("columns")
        return None if columns is None else choice_of(columns)

    @property
    def rate_(self) -> int | None:
        """Samples a second of the sounds that it hears; None where it learned from no sounds."""
        self._check_fitted("model_")
        return heard_rate(self.facts_)

    @property
    def of_texts(self) -> bool:
        """Whether it reads texts, so that each row of a table may be one."""
        return self.columns_ is not None or "vocabulary" in self.facts_["inputs"]

    def chosen(self, opened: Opened, inputs: str | None = None, lines: bool = False) -> Choice:
        """The columns of a table that are read to answer its rows: those of training, unless ``inputs`` names others,
        with commas between, or each of its ``lines`` is a text. UsageError where nothing says which."""
        sought = Sought.LABELS if self.facts_.get("several") else self.sought[0]
        learned = self.columns_
        if lines or inputs is not None:
            names = ("text",) if inputs is None else tuple(inputs.split(","))
            return replace(learned or Choice(("text",), "label", sought), inputs=names)
        if learned is None and "text" not in opened.columns:
            raise UsageError(
                f"{opened.name} has the columns {listed(opened.columns)}, and the model learned from no table. Say "
                "which it is to read: --input NAME, or --lines if each line is a text."
            )
        return learned or Choice(("text",), "label", sought)

    def for_testing(self, source: Any) -> tuple[Sequence[Any], Sequence[Any]] | None:
        """What a table keeps for testing, texts and targets; None where no column says of any row that it is."""
        found = rows_for_testing(source, self.get_params(deep=False), self.columns_)
        return None if found is None else (list(found), found.y)

    def _read(self, X: Any, y: Any, facts: Facts) -> Given:
        if facts and not facts.keys() & {"columns", "channels"} and hasattr(X, "columns"):
            X = by_place(X)  # a frame of values, as those that were learned from
        given = read_sequences(X, y, self.get_params(deep=False), facts, self.sought)
        return given._replace(y=None if given.y is None else self._targets(given.y))

    def _divide(self, given: Given, share: float, seed: int) -> Division:
        return divided(given, share, seed, by_class=Sought.CLASS in self.sought)

    @abstractmethod
    def _targets(self, y: Sequence[Any]) -> list[Any]:
        """Targets as plain values. Raises DataError for what is none."""

    @abstractmethod
    def _about_targets(self, y: Sequence[Any], before: Facts | None = None) -> Facts:
        """What is to be known of the targets to learn from, beside what was known ``before`` of others."""

    @abstractmethod
    def _as_tensor(self, facts: Facts, y: Sequence[Any]) -> Targets:
        """Targets (N, …) for the objective, or (T, …) for each example. Raises DataError for those that were not there
        to learn from."""

    @abstractmethod
    def _outputs(self, facts: Facts) -> int:
        """How many numbers the network gives."""

    def _learn(self, X: Sequence[Any], y: Sequence[Any]) -> Facts:
        settings = self._settled({})
        of_sounds = {name: getattr(settings, name) for name in ("rate", "bands", "normalisation")}
        inputs = learned_inputs(X, self._tokens(), self.minimum_count, self.vocabulary_size, of_sounds, settings.side)
        return self._about(inputs, X) | self._about_targets(y)

    def _grow(self, before: Facts, X: Sequence[Any], y: Sequence[Any]) -> Facts:
        asked = self._settled({}).tokens, self.minimum_count, self.vocabulary_size
        return self._about(_inputs(before).grown(X, *asked), X) | self._about_targets(y, before)

    def _rows(self, facts: Facts) -> Sequence[Rows]:
        inputs = _inputs(facts)
        if not isinstance(inputs, TextInputs):
            return ()
        vocabulary = inputs.vocabulary  # it grows at its end
        texts = [vocabulary.piece(token) for token in range(vocabulary.size)]
        return (Rows(vocabulary.kind, range(vocabulary.size), {"embedding.table": (0,)}, texts),)

    def _about(self, inputs: Inputs, X: Sequence[Any]) -> Facts:
        width, further = None, {}
        if self.vectors is not None and isinstance(inputs, TextInputs):
            first, trained = first_words(self.vectors, self.more_words), inputs.vocabulary.size
            inputs, width = inputs.knowing(first.words), first.width
            further = {"further": inputs.vocabulary.size - trained}
        lengths = inputs.lengths(X)
        size = {"examples": len(X), "steps": sum(lengths), "longest": max(lengths), "width": width}
        return {"inputs": inputs.to_json(), "size": size, **further}

    def _tokens(self) -> Tokens | None:
        settings = self._settled({})
        return Tokens.WORDS if self.vectors is not None and settings.tokens is None else settings.tokens

    def _pick(self, facts: Facts) -> Mapping[str, Any]:
        return pick_settings(facts, self._given())

    def _examples(self, facts: Facts, X: Sequence[Any], y: Sequence[Any] | None) -> Examples:
        targets: Targets = torch.zeros(len(X)) if y is None else self._as_tensor(facts, y)
        return Examples({"x": _inputs(facts).encode(X)}, targets)

    def _build(self, facts: Facts) -> nn.Module:
        return build_model(self._settled(facts), _inputs(facts), self._outputs(facts))

    def _prime(self, facts: Facts, module: nn.Module, learned: Given) -> None:
        inputs = _inputs(facts)
        if self.vectors is None or not isinstance(inputs, TextInputs):
            return
        assert isinstance(module, SequenceModel)
        assert isinstance(module.embedding, LearnedEmbedding)
        vocabulary = inputs.vocabulary
        found = read_vectors(self.vectors, [vocabulary.piece(token) for token in range(vocabulary.size)])
        fill_in(module.embedding, vocabulary, found)
        warn_of_few(self.vectors, vocabulary.size, facts.get("further", 0), found)

    def said(self, file: str | Path | LabelledTexts) -> Said:
        """The answers to the examples of a file or folder, with their names and labels."""
        self._check_fitted("model_")
        given = self._read(file, None, self.facts_)
        return Said(given, self._columns(given.X), list(getattr(self, "classes_", ())))

    def written(self, file: str | Path | LabelledTexts) -> Iterator[str]:
        """The answers to a file of series or sound, a folder or a text as a table (csv): see :meth:`Said.written`."""
        return self.said(file).written()

    def answered(self, file: str | Path | LabelledTexts) -> Iterator[dict[str, Any]]:
        """The same as values by the names of the columns, for JSON: see :meth:`Said.records`."""
        return self.said(file).records()

    def _columns(self, X: Sequence[Any]) -> Mapping[str, Sequence[Any]]:
        """What is said of each example, by the names of the columns."""
        return {"prediction": self.predict(X)}

    def _scores(self, facts: Facts, module: nn.Module, examples: Examples) -> NDArray[np.float64]:
        """What the network says of some examples (N, …), float64."""
        said = list(over(facts, module, examples, lambda _, module, batch: module(batch.x, batch.length).cpu()))
        found: NDArray[np.float64] = torch.cat(said).double().numpy()
        return found

    def _scores_of(self, X: Any) -> NDArray[np.float64]:
        """The same for what a user gives."""
        said = list(self._over(X, lambda _, module, batch: module(batch.x, batch.length).cpu()))
        found: NDArray[np.float64] = torch.cat(said).double().numpy()
        return found

    def _answers(self, facts: Facts, module: nn.Module, batch: Batch) -> list[Any]:
        raise NotImplementedError


def _inputs(facts: Facts) -> Inputs:
    return inputs_from_json(facts["inputs"])
