"""The laws of estimators, for a classifier and a regressor over texts and ragged series."""

from __future__ import annotations

from typing import Any

import pytest

from seqloom import Classifier, Regressor
from seqloom.testing import ESTIMATOR_LAWS, Trial
from tests.tasks.sequences.given import series, texts

QUICK = {"steps": 6, "learning_rate": 0.05, "device": "cpu"}
SPEC = {"spec": "gru(4) + pool(last)", "embedding": 4, "training": QUICK}
TEXTS, CLASSES = texts(24)
SERIES, DIRECTIONS = series(24)
TRIALS = {
    "classes of texts": Trial(lambda: Classifier(tokens="words", **SPEC), TEXTS, CLASSES),
    "classes of series": Trial(lambda: Classifier(**SPEC), SERIES, DIRECTIONS),
    "labels of texts": Trial(lambda: Classifier(**SPEC), TEXTS, [[c for c in "ab" if c in one] for one in TEXTS]),
    "numbers of texts": Trial(lambda: Regressor(**SPEC), TEXTS, [float(len(one)) for one in TEXTS]),
    "numbers of series": Trial(lambda: Regressor(**SPEC), SERIES, [float(one.sum()) for one in SERIES]),
}
_LONGER = ("labels of texts", "numbers of texts", "classes of series")
_NEW_PROCESS = ("saved and loaded in a new process", "killed and resumed is fit")


@pytest.fixture(scope="module")
def fitted() -> dict[str, Any]:
    return {}


@pytest.mark.parametrize("kind", [pytest.param(k, marks=pytest.mark.slow) if k in _LONGER else k for k in TRIALS])
@pytest.mark.parametrize(
    "law", [pytest.param(law, marks=pytest.mark.slow) if law in _NEW_PROCESS else law for law in ESTIMATOR_LAWS]
)
def test_it_obeys(law: str, kind: str, fitted: dict[str, Any]) -> None:
    trial = TRIALS[kind]
    if kind not in fitted:
        fitted[kind] = trial.fit(trial.make())
    ESTIMATOR_LAWS[law](trial, fitted[kind])
