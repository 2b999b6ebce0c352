"""Settings are checked as a whole and survive JSON and TOML."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.errors import UsageError
from seqloom.training.settings import OptimiserName, Precision, ScheduleName, TrainingSettings


def test_the_first_checkpoint_comes_after_a_minute() -> None:
    assert TrainingSettings().checkpoint_every_seconds == 60


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        TrainingSettings.from_mapping(
            {
                "learningrate": 1,
                "optimiser": "adma",
                "schedule": 3,
                "learning_rate": math.nan,
                "momentum": 1.0,
                "accumulate": 0,
                "epochs": None,
                "device": "gpu",
                "seed": True,
                "steps": 1.5,
                "minutes": math.inf,
            }
        )
    lines = str(caught.value).splitlines()
    assert lines[0] == "10 problems in the training settings:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        "learningrate", "optimiser", "learning_rate", "momentum", "schedule", "accumulate", "device", "seed", "steps",
        "minutes",
    ]  # fmt: skip
    assert "Did you mean 'learning_rate'?" in lines[1]
    assert "Did you mean 'adam'?" in lines[2]
    assert lines[3].strip() == "learning_rate: expected a number above 0, got nan."
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("device", "holds"),
    [("auto", True), ("cpu", True), ("cuda", True), ("cuda:3", True), ("mps", True), ("cuda:", False), ("cpu:1", False),
     ("tpu", False), (0, False)],
)  # fmt: skip
def test_devices(device: str, holds: bool) -> None:
    if holds:
        assert TrainingSettings(device=device).device == device
    else:
        with pytest.raises(UsageError, match="device: expected auto, cpu, mps, cuda or cuda:N"):
            TrainingSettings(device=device)


@given(
    st.builds(
        TrainingSettings,
        optimiser=st.sampled_from(OptimiserName),
        schedule=st.sampled_from(ScheduleName),
        precision=st.sampled_from(Precision),
        learning_rate=st.floats(1e-10, 10),
        clip_norm=st.none() | st.floats(1e-10, 10),
        minutes=st.none() | st.floats(1e-10, 1e5),
        seed=st.integers(0, 2**63 - 1),
    )
)
def test_settings_survive_json(settings: TrainingSettings) -> None:
    assert TrainingSettings.from_mapping(json.loads(json.dumps(settings.to_mapping()))) == settings


def test_a_run_needs_a_limit() -> None:
    with pytest.raises(UsageError, match="steps, epochs, minutes: expected at least one limit, got none"):
        TrainingSettings(epochs=None)
