"""A language model goes on with other text, with the vocabulary that it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from seqloom.errors import UsageError
from seqloom.tasks import Classifier, LanguageModel
from seqloom.training.settings import TrainingSettings

FIRST, THEN = ["abcabcabc" * 20], ["cbacbaxcba" * 20]


def small(epochs: int = 1, **more: Any) -> LanguageModel:
    training = TrainingSettings(epochs=epochs, device="cpu", schedule="constant")  # type: ignore[arg-type]
    return LanguageModel("gru(8)", window=8, batch_size=2, training=training, **more)


@pytest.fixture(scope="module")
def first() -> LanguageModel:
    return small(3).fit(FIRST)


def test_it_goes_on_from_the_weights_and_the_vocabulary(first: LanguageModel) -> None:
    training = TrainingSettings(steps=1, learning_rate=1e-12, device="cpu")
    model = LanguageModel("gru(8)", window=8, batch_size=2, training=training).fit(THEN, start_from=first)
    assert model.vocabulary_.fingerprint == first.vocabulary_.fingerprint, "x is unknown"
    for now, before in zip(model.model_.parameters(), first.model_.parameters(), strict=True):
        torch.testing.assert_close(now, before)
    beside = model.validation_.baselines["the model before"]
    assert model.validation_.nats_per_token == pytest.approx(beside, abs=1e-4)
    assert "Goes on from the model before, with its 5 tokens." in model.validation_.remark


def test_its_run_is_resumed_without_what_it_began_from(first: LanguageModel, tmp_path: Path) -> None:
    first.save(tmp_path / "first")
    whole = small(3).fit(THEN, start_from=tmp_path / "first", run=tmp_path / "whole")
    small(1).fit(THEN, start_from=tmp_path / "first", run=tmp_path / "cut")
    again = small(3).fit(THEN, run=tmp_path / "cut", resume=True)
    assert all(torch.equal(a, b) for a, b in zip(whole.model_.parameters(), again.model_.parameters(), strict=True))
    assert again.validation_.baselines == whole.validation_.baselines
    assert whole.validation_.nats_per_token < whole.validation_.baselines[str(tmp_path / "first")]


def test_another_model_is_refused(first: LanguageModel) -> None:
    with pytest.raises(UsageError, match=r"tokens: the run has 'characters', now 'words' is asked for"):
        small(tokens="words").fit(THEN, start_from=first)
    with pytest.raises(UsageError, match=r"embedding: the run has None, now 5 is asked for"):
        small(embedding=5).fit(THEN, start_from=first)
    with pytest.raises(UsageError, match=r"expected a trained LanguageModel, or the directory of one, got Classifier"):
        small().fit(THEN, start_from=Classifier())  # type: ignore[arg-type]
