"""Optimisers agree with torch's plain ones, and remember across a save."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqloom.training.optimisers import build_optimiser, optimiser_tensors, restore_optimiser
from seqloom.training.settings import TrainingSettings

NAMES = ["adamw", "adam", "rmsprop", "sgd"]


def model() -> nn.Linear:
    torch.manual_seed(3)
    return nn.Linear(4, 3)


def step(module: nn.Module, optimiser: torch.optim.Optimizer, seed: int) -> None:
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(seed))
    optimiser.zero_grad()
    module(x).square().mean().backward()
    optimiser.step()


@pytest.mark.parametrize("name", NAMES)
def test_memory_survives_a_save_to_the_bit(name: str) -> None:
    settings = TrainingSettings.from_mapping({"optimiser": name})
    one = model()
    first = build_optimiser(one, settings)
    for seed in range(3):
        step(one, first, seed)
    other = model()
    other.load_state_dict(one.state_dict())
    second = build_optimiser(other, settings)
    restore_optimiser(second, {key: value.clone() for key, value in optimiser_tensors(first).items()})
    for seed in range(3, 6):
        step(one, first, seed)
        step(other, second, seed)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("adamw", lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.0)),
        ("adam", lambda p: torch.optim.Adam(p, lr=0.01)),
        ("rmsprop", lambda p: torch.optim.RMSprop(p, lr=0.01)),
        ("sgd", lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9)),
    ],
)
def test_the_fast_form_is_torchs_plain_one(name: str, plain) -> None:  # type: ignore[no-untyped-def]
    settings = TrainingSettings.from_mapping({"optimiser": name, "learning_rate": 0.01, "weight_decay": 0})
    one, other = model(), model()
    first, second = build_optimiser(one, settings), plain(other.parameters())
    for seed in range(5):
        step(one, first, seed)
        step(other, second, seed)
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_frozen_weights_stay() -> None:
    module = model()
    module.bias.requires_grad_(False)
    optimiser = build_optimiser(module, TrainingSettings())
    assert [len(group["params"]) for group in optimiser.param_groups] == [1]
