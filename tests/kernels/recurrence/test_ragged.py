"""Rows of different lengths: each is the row alone, whatever lies in its padding."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from seqloom.kernels import Randomness
from tests.kernels.cells import CELLS
from tests.kernels.comparing import CPU, DERIVED, REFERENCE, Draw, assert_same, draw, outcome

LENGTHS = torch.tensor([0, 4, 1, 9, 9, 0, 3])
KERNELS = pytest.mark.parametrize("kernel", [CPU, DERIVED], ids=["cpu", "derived"])


def ragged(name: str) -> Draw:
    drawn = draw(CELLS[name], batch=7, time=9, lengths=LENGTHS, masks=True)
    x = drawn.call.x.clone()
    for row, length in enumerate(LENGTHS.tolist()):
        x[row, length:] = torch.nan
    return drawn.with_x(x)


def alone(drawn: Draw, row: int) -> Draw:
    call, length = drawn.call, int(LENGTHS[row])
    one = slice(row, row + 1)
    randomness = call.randomness and Randomness(*(rows[one] for rows in call.randomness))
    states = tuple(state[one] for state in call.states)
    call = call._replace(x=call.x[one, :length], states=states, lengths=None, randomness=randomness)
    first, *others = drawn.directions
    return Draw(call, (first[one, :length], *(direction[one] for direction in others)))


@KERNELS
@pytest.mark.parametrize("name", ["LSTM", "GRU", "EveryWord", "Widths", "OutputIsProduct", "Leaky"])
def test_a_row_is_the_row_alone(name: str, kernel: Any) -> None:
    drawn = ragged(name)
    together = outcome(kernel, drawn)
    summed: dict[str, torch.Tensor] = {}
    for row, length in enumerate(LENGTHS.tolist()):
        one = outcome(kernel, alone(drawn, row))
        for result, tensor in one.items():
            if result == "y" or result == "gradient of x":
                assert torch.allclose(together[result][row, :length], tensor[0], rtol=0, atol=1e-12), (result, row)
                assert not together[result][row, length:].any()
            elif "state" in result or "final" in result:
                assert torch.allclose(together[result][row], tensor[0], rtol=0, atol=1e-12), (result, row)
            else:
                summed[result] = summed.get(result, 0) + tensor
    assert_same({name: together[name] for name in summed}, summed, 1e-11)


@KERNELS
@pytest.mark.parametrize("name", ["LSTM", "NoParameters", "FromWeights"])
def test_lengths_that_are_all_zero_or_all_equal(name: str, kernel: Any) -> None:
    for lengths in (torch.zeros(3, dtype=torch.int64), torch.full((3,), 6), torch.tensor([2, 2, 2])):
        drawn = draw(CELLS[name], lengths=lengths.to(torch.int32))
        assert_same(outcome(kernel, drawn), outcome(REFERENCE, drawn), 1e-12)
