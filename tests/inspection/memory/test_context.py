"""The loss by context, on a rule whose lag is known."""

from __future__ import annotations

import pytest
import torch

from seqloom.data.batch import IGNORED, Batch
from seqloom.errors import UsageError
from seqloom.inspection.memory import loss_by_context
from seqloom.inspection.memory.context import with_context


def copied(batch: Batch, lag: int = 5) -> torch.Tensor:
    """The loss of a model that knows the answer as soon as it sees ``lag`` steps back, and else is off by 1."""
    x = batch.x
    lengths = torch.full((batch.size,), x.shape[1]) if batch.length is None else batch.length
    seen = [row[length - lag] if length >= lag else -1 for row, length in zip(x, lengths, strict=True)]
    return torch.tensor([float(one != target) for one, target in zip(seen, batch.targets, strict=True)]).mean()


def batches(lag=5):
    torch.manual_seed(0)
    for _ in range(3):
        x = torch.arange(40).repeat(8, 1) + 40 * torch.arange(8)[:, None]
        lengths = torch.randint(20, 41, (8,))
        targets = torch.stack([row[length - lag] for row, length in zip(x, lengths, strict=True)])
        yield Batch({"x": x}, targets, {"x": lengths})


@pytest.mark.parametrize("missing", ["cut", "shuffled"])
def test_the_lag_is_found(missing):
    curve = loss_by_context(copied, batches(), [1, 2, 3, 4, 5, 6, 10, 40], missing)
    assert curve.used() == 5
    assert curve.losses[-1] == 0


def test_where_no_context_helps_none_is_used():
    assert loss_by_context(lambda batch: torch.tensor(1.0), batches(), [1, 10]).used() == 0


def test_targets_of_each_step_are_cut_too():
    x = torch.arange(6).view(1, 6)
    targets = torch.where(x == 5, 7, IGNORED)
    cut = with_context(Batch({"x": x}, targets), 2, "cut", torch.Generator())
    assert cut.x.tolist() == [[4, 5]]
    assert cut.targets.tolist() == [[IGNORED, 7]]


def test_shuffled_steps_are_the_same_steps():
    x = torch.randn(2, 9, 3)
    mixed = with_context(Batch({"x": x}, torch.zeros(2)), 3, "shuffled", torch.Generator().manual_seed(1)).x
    assert torch.equal(mixed[:, -3:], x[:, -3:])
    assert not torch.equal(mixed, x)
    assert torch.equal(mixed.sort(1).values, x.sort(1).values)


@pytest.mark.parametrize("context", [[], [0, 1], [2, 2], [3, 1]])
def test_contexts_must_rise(context):
    with pytest.raises(UsageError, match="in rising order"):
        loss_by_context(copied, batches(), context)


def test_nothing_is_no_curve():
    with pytest.raises(UsageError, match="at least one batch"):
        loss_by_context(copied, [], [1])
