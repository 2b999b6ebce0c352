"""Settings that are picked by the data: they suit small sets and large ones, short examples and long ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from seqloom.data.padded import Padded
from seqloom.settings import nested
from seqloom.tasks.classification.settings import ClassifierSettings
from seqloom.tasks.sequences.picks import pick_settings

KINDS: dict[str, Any] = {
    "series": {"mean": [0.0], "deviation": [1.0]},
    "letters": {"vocabulary": {"kind": "characters"}},
    "words": {"vocabulary": {"kind": "words"}},
}


def picked(kind: str, examples: int, steps_each: int, **given: Any) -> dict[str, Any]:
    size = {"examples": examples, "steps": examples * steps_each, "width": None}
    return pick_settings({"inputs": KINDS[kind], "size": size}, given)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("examples", [2, 50, 300, 9000, 1_000_000])
def test_the_picks_are_settings(kind: str, examples: int) -> None:
    found = picked(kind, examples, 20)
    settings = ClassifierSettings.from_mapping(nested(ClassifierSettings, found))
    assert settings.training.epochs is not None
    assert 5 <= settings.training.epochs <= 60
    assert (settings.noise is None) == (kind != "series")
    assert (settings.embedding is None) == (kind == "series")


def test_few_examples_are_read_more_often_and_in_smaller_batches() -> None:
    found = [(one["batch_size"], one["epochs"]) for one in (picked("words", n, 20) for n in (50, 1000, 9600, 200_000))]
    assert found == [(16, 60), (16, 18), (64, 7), (128, 5)]
    assert picked("words", 9600, 20, batch_size=128)["epochs"] == 15


def test_long_examples_are_read_less_often() -> None:
    assert picked("words", 50, 200)["epochs"] == 60
    assert picked("words", 50, 40_000)["epochs"] == 10
    assert picked("words", 500, 200_000)["epochs"] == 5


@pytest.mark.parametrize("examples", [200, 1000, 9600])
def test_little_is_padded(examples: int) -> None:
    lengths = np.random.default_rng(0).lognormal(3, 0.5, examples).astype(int) + 1
    rows = picked("words", examples, 20)["batch_size"]
    batches = Padded({"x": [torch.ones(length) for length in lengths]}, torch.zeros(examples), rows, seed=0)
    assert batches.padding < 0.15
