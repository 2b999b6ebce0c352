"""What speaks for an answer: functions whose parts are known, and compiled cells against a sum by steps."""

from __future__ import annotations

import pytest
import torch

from seqloom.cells import GRU, LSTM
from seqloom.errors import UsageError
from seqloom.inspection.attribution import integrated_gradients, occlusion
from seqloom.layers import Recurrent, parse_spec
from seqloom.models.pooled_model import PooledModel


def linear(x: torch.Tensor) -> torch.Tensor:
    return (x * torch.arange(1.0, 4)).sum((1, 2))


def test_of_a_sum_both_give_the_parts_and_leave_nothing():
    x, nothing = torch.randn(1, 5, 3), torch.tensor([1.0, 0, 2])
    wanted = ((x - nothing) * torch.arange(1.0, 4)).sum(2)[0]
    for found in (occlusion(linear, x, nothing), integrated_gradients(linear, x, nothing, points=1)):
        assert found.steps == pytest.approx(wanted.numpy(), abs=1e-5)
        assert found.gap == pytest.approx(0, abs=1e-4)


def test_steps_that_say_the_same_stand_in_for_each_other():
    found = occlusion(lambda x: x.amax((1, 2)), torch.ones(1, 4, 1))
    assert found.steps.tolist() == [0, 0, 0, 0]
    assert found.gap == 1


@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_gradients_on_a_path_are_complete_on_compiled_cells(cell):
    torch.manual_seed(0)
    layer = Recurrent(cell, 3, 8).eval()
    found = integrated_gradients(lambda x: layer(x)[0][:, -1, 0], torch.randn(1, 9, 3), points=256)
    assert abs(found.gap) < 1e-4 * max(1, abs(found.score))
    assert found.score == pytest.approx(found.baseline + found.steps.sum() + found.gap)


def test_more_than_one_block_of_steps_and_points():
    torch.manual_seed(1)
    reader = parse_spec("gru(4) bidirectional + pool(mean)").build_pooled(2)
    model, x = PooledModel(None, reader, 2).eval(), torch.randn(1, 70, 2)
    one, other = occlusion(lambda x: model(x)[:, 1], x), integrated_gradients(lambda x: model(x)[:, 1], x, points=70)
    without = x.clone()
    without[0, 50] = 0
    assert len(one.steps) == len(other.steps) == 70
    assert one.steps[50] == pytest.approx(float((model(x) - model(without))[0, 1].detach()), abs=1e-6)


def test_rows_are_asked_one_at_a_time():
    for function in (occlusion, integrated_gradients):
        with pytest.raises(UsageError, match="vectors of one row"):
            function(linear, torch.zeros(2, 5, 3))
    with pytest.raises(UsageError, match="points: expected"):
        integrated_gradients(linear, torch.zeros(1, 5, 3), points=0)
