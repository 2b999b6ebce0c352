from __future__ import annotations

from typing import Any

import pytest

from seqloom.tasks import LanguageModel
from seqloom.training.settings import ScheduleName, TrainingSettings

RHYME = "one two three four five\nonce I caught a fish alive\nsix seven eight nine ten\nthen I let it go again\n"


def small(spec: str = "gru(8)", steps: int = 2, **changes: Any) -> LanguageModel:
    """A model that is built and trained in a moment; its weights are of no use, its arithmetic is."""
    constant = ScheduleName.CONSTANT
    training = TrainingSettings(steps=steps, epochs=None, learning_rate=0.01, schedule=constant, device="cpu")
    arguments = {"dropout": 0.0, "batch_size": 2, "window": 16, "training": training}
    return LanguageModel(spec, **arguments | changes)


@pytest.fixture(scope="session")
def model() -> LanguageModel:
    return small("2*gru(8)", steps=40).fit([RHYME])
