"""The laws of estimators, for every estimator that there is."""

from __future__ import annotations

import random
from typing import Any

import pytest

from seqloom.testing import ESTIMATOR_LAWS, Trial
from seqloom.training.settings import TrainingSettings
from tests.tasks.conftest import small
from tests.tasks.toy import Ranker

NEW_PROCESSES = {"saved and loaded in a new process", "killed and resumed is fit"}


def pairs() -> list[str]:
    """Two words each, of any lengths."""
    draw = random.Random(0)
    return [
        f"{''.join(draw.choices('abc', k=k % 5 + 1))} {''.join(draw.choices('abc', k=k % 3 + 1))}" for k in range(24)
    ]


def ranker() -> Ranker:
    return Ranker("gru(4)", training=TrainingSettings(steps=6, epochs=None, device="cpu", learning_rate=0.05))


TEXTS = [f"{word}\n" for word in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]]
TRIALS = {
    "ranker": Trial(ranker, pairs(), [k % 2 for k in range(24)]),
    "language model": Trial(
        lambda: small(steps=6),
        TEXTS,
        asks="log_probabilities",
        exempt={"empty rows are refused": "the empty text is a text: its probability is that of its end"},
    ),
}


@pytest.fixture(scope="module")
def fitted() -> dict[str, Any]:
    return {name: trial.fit(trial.make()) for name, trial in TRIALS.items()}


@pytest.mark.parametrize(
    ("name", "law"),
    [
        pytest.param(name, law, marks=pytest.mark.slow if law in NEW_PROCESSES and name != "ranker" else ())
        for name, trial in TRIALS.items()
        for law in ESTIMATOR_LAWS
        if law not in trial.exempt
    ],
)
def test_it_obeys(fitted: dict[str, Any], name: str, law: str) -> None:
    ESTIMATOR_LAWS[law](TRIALS[name], fitted[name])
