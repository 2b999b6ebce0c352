"""A class for a text or a series, or any number of labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.data.tables import Sought
from seqloom.errors import DataError, UsageError
from seqloom.tasks.classification.known import Known, in_order, plain_labels
from seqloom.tasks.classification.settings import ClassifierSettings
from seqloom.tasks.examples.estimator import Examples, Facts, Given, HeldOut, Rows
from seqloom.tasks.examples.values import taken
from seqloom.tasks.figures import Figures
from seqloom.tasks.inputs import inputs_from_json
from seqloom.tasks.inspecting.excerpts import excerpts
from seqloom.tasks.inspecting.subject import Asked
from seqloom.tasks.measures import baselines_of_classes, baselines_of_labels
from seqloom.tasks.measures.baselines import Baseline
from seqloom.tasks.sequences.estimator import SequenceEstimator
from seqloom.tasks.sequences.network import SequenceModel
from seqloom.tasks.sequences.stream import AnswerStream
from seqloom.training.objectives import Classes, Labels, Objective

if TYPE_CHECKING:
    from seqloom.inspection.errors import Mistakes

__all__ = ["Classifier"]

_SMOOTHING = 0.1
"""Of series: their classes are soon told apart, and then only surer."""
_FEW = 2000
"""Where fewer examples are learned from, too few are held out to count right answers by. Of texts a network soon is too
sure, and its loss rises while it still learns."""


class Classifier(SequenceEstimator):
    """Says of which class a text or a series is, or which labels it has: p(class) = softmax(head(pool(layers(x))) / T).

    ``fit`` takes texts (strings), or series of one kind, arrays (T,) or (T, D) of any lengths, and a class for each; or
    a list of labels for each, any number of them; or the path of a table, of a folder of texts or recordings, or a
    frame. The best ``spec`` is found by trying; what is None is picked by the data and stands in ``facts_["picked"]``.
    ``vectors`` is a file of pretrained vectors of words. With ``class_weights`` "sqrt" a rare class is heard more than
    by its number, with "balanced" as much as a common one. The temperature T and the ``threshold`` are chosen on what
    is held out. ``fit`` learns ``classes_``, ``model_``, ``facts_``, ``baselines_``, ``history_`` and ``validation_``.

    >>> texts = [f"{word} number {k}" for k in range(20) for word in ("good", "bad")]
    >>> model = Classifier("gru(8) + pool(last)", tokens="words", training={"epochs": 20}).fit(texts, ["+", "-"] * 20)
    >>> model.predict(["good", "bad"]).tolist(), model.predict_proba(["good"]).shape
    (['+', '-'], (1, 2))
    """

    task, settings, estimator_kind = "classification", ClassifierSettings, "classifier"
    sought = (Sought.CLASS, Sought.LABELS)
    class_weights: str
    label_smoothing: float | None
    threshold: float | str | None

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes or labels (C,), in the order of the columns of :meth:`predict_proba`."""
        self._check_fitted("model_")
        return Known.of(self.facts_).names

    def predict(self, X: Any) -> Any:
        """The class of each example (N,); of labels, a list for each. How many are given at once changes nothing."""
        return self.decided(self.predict_proba(X))

    def decided(self, probabilities: NDArray[np.float64]) -> Any:
        """What :meth:`predict` says where :meth:`predict_proba` says this (N, C); no example is read again."""
        self._check_fitted("model_")
        return Known.of(self.facts_).decided(probabilities)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probability of each class, or each label by itself, (N, C)."""
        self._check_fitted("model_")
        return Known.of(self.facts_).probabilities(self._scores_of(X))

    def _columns(self, X: Sequence[Any]) -> Mapping[str, Sequence[Any]]:
        chances = self.predict_proba(X)
        answers, known = self.decided(chances), Known.of(self.facts_)
        if self.facts_["several"]:
            return {"prediction": answers}
        places = [known.classes.index(answer) for answer in answers]
        return {
            "prediction": answers,
            "probability": [round(float(row[at]), 4) for row, at in zip(chances, places, strict=True)],
        }

    def score(self, X: Any, y: Any = None) -> float:
        """The accuracy; of labels, the share of examples with all of them right."""
        found = self.evaluate(X, y).model
        return found["exact"] if self.facts_["several"] else found["accuracy"]

    def draw(self, folder: str | Path, X: Any, y: Any = None) -> dict[Path, str]:
        """Draw into ``folder`` how some examples are classified; the files, each with what to see in it.

        ``confusion.png`` says which class is taken for which; of two classes ``precision_recall.png`` has every
        threshold, beside the baselines. Raises UsageError for labels, MissingExtraError without matplotlib.
        """
        from seqloom.tasks.classification.pictures import draw_answers

        self._check_fitted("model_")
        given = taken(self, X, y, self.facts_, targets=True)
        own = {self._settled(self.facts_).spec: self.predict_proba(given.X)}
        others = {one.name: one.answers(given.X).astype(np.float64) for one in self.baselines_}
        return draw_answers(Known.of(self.facts_), given.y or [], own | others, Path(folder))

    def stream(self) -> AnswerStream[dict[Any, float]]:
        """The present probability of each class, while a sequence comes in; see :class:`AnswerStream`."""
        self._check_fitted("model_")
        known = Known.of(self.facts_)
        assert isinstance(self.model_, SequenceModel)

        def answer(scores: Tensor) -> dict[Any, float]:
            return dict(zip(known.classes, known.probabilities(scores.double().numpy())[0].tolist(), strict=True))

        return AnswerStream(self.model_, inputs_from_json(self.facts_["inputs"]), answer)

    def _mistakes(self, given: Given) -> Mistakes:
        from seqloom.tasks.classification.mistakes import mistakes_of_answers

        said = {"the model": self.predict_proba(given.X)}
        others = {one.name: one.answers(given.X).astype(np.float64) for one in self.baselines_}
        lengths = inputs_from_json(self.facts_["inputs"]).lengths(given.X)
        return mistakes_of_answers(Known.of(self.facts_), excerpts(given), lengths, given.y or [], said | others)

    def _targets(self, y: Sequence[Any]) -> list[Any]:
        return plain_labels(y)

    def _about_targets(self, y: Sequence[Any], before: Facts | None = None) -> Facts:
        several = isinstance(y[0], list)
        if before is not None and before["several"] != several:
            expected = "a list of labels" if before["several"] else "a class"
            raise DataError(f"y: expected {expected} for each example, as in training.")
        counts = Counter(label for one in y for label in (one if several else [one]))
        classes = in_order({*counts, *([] if before is None else before["classes"])})
        if len(classes) < 2 and not several:
            raise DataError(f"y: expected at least two classes, got {next(iter(counts))!r} alone.")
        if not classes:
            raise DataError("y: no example has a label.")
        if self.threshold is not None and len(classes) > 2 and not several:
            raise UsageError(f"threshold: it is for two classes, or for labels; there are {len(classes)} classes.")
        return {"classes": classes, "counts": [max(1, counts[one]) for one in classes], "several": several}

    def _rows(self, facts: Facts) -> Sequence[Rows]:
        what = "labels" if facts["several"] else "classes"
        return (*super()._rows(facts), Rows(what, facts["classes"], {"head.weight": (0,), "head.bias": (0,)}))

    def _as_tensor(self, facts: Facts, y: Sequence[Any]) -> Tensor:
        known = Known.of(facts)
        found = torch.from_numpy(known.encoded(y))
        known.warn_of_unseen(y)
        return found

    def _outputs(self, facts: Facts) -> int:
        return len(facts["classes"])

    def _explained(self, facts: Facts) -> Asked:
        return Asked.of([str(one) for one in facts["classes"]])

    def _objective(self, facts: Facts) -> Objective[Batch]:
        settings: ClassifierSettings = self._settled(facts)
        if facts["several"]:
            return Labels()
        power = {"none": 0.0, "sqrt": 0.5, "balanced": 1.0}[settings.class_weights]
        counts = np.array(facts["counts"], dtype=np.float64)
        weights = counts**-power
        weights *= counts.sum() / (weights @ counts)
        return Classes(len(counts), weights.tolist(), settings.label_smoothing or 0.0, _chooses(facts))

    def _pick(self, facts: Facts) -> Mapping[str, Any]:
        of_texts = "vocabulary" in facts["inputs"]
        return {**super()._pick(facts), **({} if of_texts or facts["several"] else {"label_smoothing": _SMOOTHING})}

    def _baselines(self, facts: Facts, X: Sequence[Any], y: Sequence[Any]) -> Sequence[Baseline]:
        return (baselines_of_labels if facts["several"] else baselines_of_classes)(X, y, facts["classes"])

    def _figures(self, facts: Facts, y: Sequence[Any], answers: Any) -> Mapping[str, float]:
        return Known(facts["classes"], facts["several"]).judged(y, answers, {}).model

    def _watched(self, facts: Facts) -> str:
        return "micro_f1" if facts["several"] else "macro_f1"

    def _finish(self, facts: Facts, module: nn.Module, held_out: HeldOut) -> Facts:
        scores = self._scores(facts, module, held_out.examples)
        chosen = Known.of(facts).chosen(held_out.given.y or [], scores, self._settled(facts).threshold)
        return {**facts, **chosen}

    def _judge(
        self, facts: Facts, module: nn.Module, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Figures:
        known, y = Known.of(facts), given.y or []
        probabilities = known.probabilities(self._scores(facts, module, examples))
        found = known.judged(y, probabilities, {one.name: one.answers(given.X) for one in baselines})
        notes = tuple(filter(None, (known.confusion(y, probabilities), found.verdict)))
        watched = self._watched(facts)
        return Figures(len(y), "examples", found.model, found.baselines, watched, higher_is_better=True, notes=notes)


def _chooses(facts: Facts) -> Literal["loss", "tempered_loss", "macro_f1"]:
    """The figure that chooses the weights."""
    if facts["size"]["examples"] >= _FEW:
        return "macro_f1"
    return "tempered_loss" if "vocabulary" in facts["inputs"] else "loss"
