"""An estimator that learns in an instant and needs no torch, and one that breaks each law of estimators."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, Self

from seqloom.errors import DataError, UsageError
from seqloom.tasks.estimator import Estimator

DRAWN = count()


class Nearest(Estimator):
    """The class whose mean is nearest; the means are gone towards in ``steps``, each of which a run saves."""

    estimator_kind, targets_required = "classifier", True

    def __init__(self, pace: float = 0.5, steps: int = 6) -> None:
        self.pace, self.steps = pace, steps

    def fit(self, X: Any, y: Any = None, *, run: Path | None = None, resume: bool = False) -> Self:
        means, labels = [mean(row) for row in checked(X)], targets(X, y)
        kept = None if run is None else Path(run) / "state.json"
        state = dict.fromkeys(sorted(set(labels)), 0.0)
        done = 0
        if resume and kept is not None and kept.exists():
            done, state = json.loads(kept.read_text())
        for step in range(done, self.steps):
            for label in state:
                own = [value for value, other in zip(means, labels, strict=True) if other == label]
                state[label] += self.pace * (sum(own) / len(own) - state[label])
            if kept is not None:
                kept.parent.mkdir(exist_ok=True)
                self.write(kept, [step + 1, state])
        self.means_, self.classes_ = state, list(state)
        return self

    def write(self, path: Path, value: Any) -> None:
        path.with_suffix(".new").write_text(json.dumps(value))
        os.replace(path.with_suffix(".new"), path)

    def predict_proba(self, X: Any) -> list[list[float]]:
        self._check_fitted("means_")
        found = []
        for row in checked(X):
            near = [math.exp(-abs(mean(row) - centre)) for centre in self.means_.values()]
            found.append([value / sum(near) for value in near])
        return found

    def score(self, X: Any, y: Any = None) -> float:
        labels, right = list(self.means_) if hasattr(self, "means_") else [], 0
        for probabilities, label in zip(self.predict_proba(X), targets(X, y), strict=True):
            right += labels[probabilities.index(max(probabilities))] == label
        return right / len(y)

    def save(self, path: Path) -> None:
        self._check_fitted("means_")
        Path(path).mkdir()
        (Path(path) / "means.json").write_text(json.dumps([self.get_params(), self.means_]))

    @classmethod
    def load(cls, path: Path) -> Self:
        parameters, means = json.loads((Path(path) / "means.json").read_text())
        model = cls(**parameters)
        model.means_, model.classes_ = means, list(means)
        return model


def mean(row: Sequence[float]) -> float:
    return float(sum(row) / len(row))


def checked(X: Any) -> list[Any]:
    for place, row in enumerate(X):
        if not hasattr(row, "__len__") or len(row) == 0 or any(value != value for value in row):
            raise DataError(f"X: row {place} is missing, empty or holds NaN.")
    if not len(X):
        raise DataError("X: there are no rows.")
    return list(X)


def targets(X: Any, y: Any) -> list[str]:
    if y is None or len(y) != len(X):
        raise DataError(f"y: expected {len(X)} targets, got {None if y is None else len(y)}.")
    if not all(isinstance(label, str) for label in y):
        raise DataError("y: expected words.")
    return list(y)


class ConstructorConverts(Nearest):
    def __init__(self, pace: float = 0.5, steps: int = 6) -> None:
        self.pace, self.steps = pace, steps if isinstance(steps, int) else 6


class ConstructorAdds(Nearest):
    def __init__(self, pace: float = 0.5, steps: int = 6) -> None:
        self.pace, self.steps, self.ready = pace, steps, True


class SetsNothing(Nearest):
    def set_params(self, **values: Any) -> Self:
        return self


class TakesAnyName(Nearest):
    def set_params(self, **values: Any) -> Self:
        vars(self).update(values)
        return self


class CloneRemembers(Nearest):
    def clone(self) -> Self:
        copied = super().clone()
        vars(copied).update(vars(self))
        return copied


class SaysNoCode(Nearest):
    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class HasNoTags(Nearest):
    def __sklearn_tags__(self) -> Any:
        raise AttributeError("'HasNoTags' object has no attribute '__sklearn_tags__'")


class ScoreTakesNoTargets(Nearest):
    def score(self, X: Any) -> float:  # type: ignore[override]
        return super().score(X, ["low" if mean(row) < 0 else "high" for row in X])


class HasNoClasses(Nearest):
    def fit(self, X: Any, y: Any = None, **more: Any) -> Self:
        super().fit(X, y, **more)
        del self.classes_
        return self


class FailsBeforeFit(Nearest):
    def _check_fitted(self, attribute: str) -> None:
        getattr(self, attribute)


class ReturnsNothing(Nearest):
    def fit(self, X: Any, y: Any = None, **more: Any) -> None:  # type: ignore[override]
        super().fit(X, y, **more)


class ChangesParameters(Nearest):
    def fit(self, X: Any, y: Any = None, **more: Any) -> Self:
        self.pace = float(self.pace) / 2
        return super().fit(X, y, **more)


class ChangesData(Nearest):
    def fit(self, X: Any, y: Any = None, **more: Any) -> Self:
        super().fit(X, y, **more)
        y.reverse()
        return self


class KeepsAnswers(Nearest):
    def predict_proba(self, X: Any) -> list[list[float]]:
        self.last_ = super().predict_proba(X)
        return self.last_


class LearnsOn(Nearest):
    def fit(self, X: Any, y: Any = None, **more: Any) -> Self:
        before = getattr(self, "means_", {})
        super().fit(X, y, **more)
        self.means_ = {label: value + before.get(label, 0.0) for label, value in self.means_.items()}
        return self


class Draws(Nearest):
    def fit(self, X: Any, y: Any = None, **more: Any) -> Self:
        super().fit(X, y, **more)
        self.means_ = {label: value + next(DRAWN) / 9 for label, value in self.means_.items()}
        return self


class CountsRows(Nearest):
    def predict_proba(self, X: Any) -> list[list[float]]:
        return [[value + place for value in row] for place, row in enumerate(super().predict_proba(X))]


class ReadsOneBatch(Nearest):
    def predict_proba(self, X: Any) -> list[list[float]]:
        return super().predict_proba(X[:64])


class ForgetsInPickle(Nearest):
    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "means_": {"low": 0.0, "high": 0.0}} if hasattr(self, "means_") else vars(self)


class SavesInMemory(Nearest):
    kept: dict[str, Any] = {}

    def save(self, path: Path) -> None:
        self._check_fitted("means_")
        self.kept[str(path)] = self

    @classmethod
    def load(cls, path: Path) -> Self:
        return cls.kept.get(str(path)) or cls().fit([[0.0], [1.0]], ["low", "high"])


class MendsNaN(Nearest):
    def fit(self, X: Any, y: Any = None, **more: Any) -> Self:
        return super().fit(
            [[0.0 if v != v else v for v in row] if hasattr(row, "__len__") else row for row in X], y, **more
        )


class TakesNaNForALabel(Nearest):
    def fit(self, X: Any, y: Any = None, **more: Any) -> Self:
        return super().fit(X, y if y is None else [str(label) for label in y], **more)


class DividesByZero(Nearest):
    def fit(self, X: Any, y: Any = None, **more: Any) -> Self:
        return super().fit(X, y, **more) if len(X) else 1 / 0  # type: ignore[return-value]


class AnswersNobody(Nearest):
    def predict_proba(self, X: Any) -> list[list[float]]:
        return super().predict_proba(X) if len(X) else [[0.5, 0.5]]


class PadsTheEmpty(Nearest):
    def fit(self, X: Any, y: Any = None, **more: Any) -> Self:
        return super().fit([row if not hasattr(row, "__len__") or len(row) else [0.0] for row in X], y, **more)


class CutsToTheShorter(Nearest):
    def fit(self, X: Any, y: Any = None, **more: Any) -> Self:
        return super().fit(X[: len(y)], y[: len(X)], **more)


class SaysNoNumbers(Nearest):
    def fit(self, X: Any, y: Any = None, **more: Any) -> Self:
        if y is not None and len(y) != len(X):
            raise UsageError("y does not fit.")
        return super().fit(X, y, **more)


class RepeatsAStep(Nearest):
    def write(self, path: Path, value: Any) -> None:
        super().write(path, [value[0] - 1, value[1]])


class IsNeverSaved(Nearest):
    def write(self, path: Path, value: Any) -> None:
        pass


BROKEN = {
    ConstructorConverts: ("the constructor stores", "steps is not stored as it was given"),
    ConstructorAdds: ("the constructor stores", "makes other attributes: {'ready'}"),
    SetsNothing: ("parameters are got and set", "pace is not set"),
    TakesAnyName: ("parameters are got and set", "a parameter that there is not: it is not refused"),
    CloneRemembers: ("a clone has learned nothing", "a clone keeps"),
    SaysNoCode: ("the representation evaluates", "evaluates to other parameters"),
    HasNoTags: ("scikit-learn's questions are answered", "there are no tags"),
    ScoreTakesNoTargets: ("scikit-learn's questions are answered", "score does not take"),
    HasNoClasses: ("scikit-learn's questions are answered", "learned no classes_"),
    FailsBeforeFit: ("before fit all is refused", "an answer before fit: AttributeError"),
    ReturnsNothing: ("fit leaves its arguments alone", "fit does not return the estimator"),
    ChangesParameters: ("fit leaves its arguments alone", "fit changed a parameter"),
    ChangesData: ("fit leaves its arguments alone", "y was changed"),
    KeepsAnswers: ("fit leaves its arguments alone", "an answer left something behind: {'last_'}"),
    LearnsOn: ("fit twice is fit once", "what was learned before is not forgotten"),
    Draws: ("fit twice is fit once", "another estimator learned otherwise"),
    CountsRows: ("rows do not hear of each other", "row 11 among 12 has the answer"),
    ReadsOneBatch: ("the number of rows changes nothing", "64 answers for 130 rows"),
    ForgetsInPickle: ("pickle keeps everything", "a pickled model answers otherwise"),
    SavesInMemory: ("saved and loaded in a new process", "answers otherwise in a new process"),
    MendsNaN: ("missing values are refused", "nan]: it is not refused"),
    TakesNaNForALabel: ("missing targets are refused", "a target None: it is not refused"),
    DividesByZero: ("no rows are refused", "got ZeroDivisionError"),
    AnswersNobody: ("no rows are refused", "there are answers for no rows"),
    PadsTheEmpty: ("empty rows are refused", "fit with an empty sequence: it is not refused"),
    CutsToTheShorter: ("targets of another number are refused", "fit with 11 targets for 12 rows: it is not refused"),
    SaysNoNumbers: ("targets of another number are refused", "does not say how many"),
    RepeatsAStep: ("killed and resumed is fit", "killed and resumed, fit learns otherwise"),
    IsNeverSaved: ("killed and resumed is fit", "a run saved itself 0 times"),
}
"""Each broken estimator with the law that it breaks, and what is said of it."""
