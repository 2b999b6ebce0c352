"""What is no number in a real step comes out as in the reference: the same NaN and infinities, in every cell."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from seqloom import kernels
from seqloom.cells import MinGRU
from seqloom.kernels.recurrence.scan import diagonal_scan, scan_reference
from seqloom.kernels.torch_library import TorchLibrary
from seqloom.layers import Recurrent
from tests.kernels.cells import CELLS, needs_square
from tests.kernels.comparing import CPU, DERIVED, REFERENCE, Draw, draw, engine, outcome

NOT_NUMBERS = [math.nan, math.inf, -math.inf]
PLACES = ["a step", "one feature", "states"]
OTHERWISE = {"XTwice"}
"""Its matrices that all read x are added first, and so ∞ - ∞ does not come about."""

each_value = pytest.mark.parametrize("value", NOT_NUMBERS)
each_cell = pytest.mark.parametrize("name", [name for name in CELLS if name not in OTHERWISE])


def kinds(tensor: Tensor) -> Tensor:
    """0 for a number, 1 and -1 for the infinities, 2 for NaN."""
    return torch.where(tensor.isnan(), 2, tensor.isposinf().int() - tensor.isneginf().int())


def with_value(drawn: Draw, value: float, place: str) -> Draw:
    """The draw with ``value`` in step 2 of row 0 and in step 1 of row 2, or in the states of row 1."""
    x, states = drawn.call.x.clone(), [state.clone() for state in drawn.call.states]
    match place:
        case "a step":
            x[0, 2] = x[2, 1] = value
        case "one feature":
            x[0, 2, 1] = x[2, 1, 0] = value
        case _:
            for state in states:
                state[1] = value
    return Draw(drawn.call._replace(x=x, states=tuple(states)), drawn.directions)


@each_value
@each_cell
def test_outputs_are_those_of_the_reference(name: str, value: float) -> None:
    for place in PLACES:
        for lengths in (None, torch.tensor([6, 4, 2])):
            drawn = with_value(draw(CELLS[name], 7, 9, 3, 6, lengths, seed=1).to(torch.float32), value, place)
            wanted = outcome(REFERENCE, drawn)
            for kernel in (CPU, DERIVED, TorchLibrary()):
                if kernel.refusal(drawn.call) is not None:
                    continue
                got = outcome(kernel, drawn)
                for result in [one for one in wanted if not one.startswith("gradient")]:
                    where = f"{kernel.backend.name}: {result} where {place} is {value}, lengths {lengths}"
                    assert torch.equal(kinds(got[result]), kinds(wanted[result])), where


@each_value
@each_cell
def test_gradients_are_no_numbers_where_those_of_the_reference_are_none(name: str, value: float) -> None:
    """Sums of products in another order may be NaN in place of ∞, but nothing finite is invented, and nothing lost."""
    for place in PLACES:
        drawn = with_value(draw(CELLS[name], 7, 9, 3, 6, seed=1).to(torch.float32), value, place)
        wanted = outcome(REFERENCE, drawn)
        for kernel in (CPU, DERIVED):
            got = outcome(kernel, drawn)
            for result in [one for one in wanted if one.startswith("gradient") and one in got]:
                what = f"{kernel.backend.name}: {result}"
                assert torch.equal(got[result].isfinite(), wanted[result].isfinite()), what


@each_value
@each_cell
def test_steps_are_those_of_the_reference(name: str, value: float) -> None:
    drawn = with_value(draw(CELLS[name], 7, 9, 3, 6, seed=1).to(torch.float32), value, "one feature")
    x = drawn.call.x
    hidden = x.shape[-1] if needs_square(CELLS[name]) else drawn.call.graph.states[0].width
    layer = Recurrent(CELLS[name], x.shape[-1], hidden).eval()
    state = layer.initial_state(len(x))
    with torch.no_grad():
        for t, x_t in enumerate(x.unbind(1)):
            y, after = layer.step(x_t, state)
            with kernels.use("reference"):
                wanted, state = layer(x_t[:, None], state)
            assert torch.equal(kinds(y), kinds(wanted[:, 0])), f"step {t}"
            for got, leaf in zip(after, state, strict=True):
                assert torch.equal(kinds(got), kinds(leaf)), f"step {t}"


@each_value
def test_a_scan(value: float) -> None:
    a, b, initial = torch.rand(3, 40, 8), torch.randn(3, 40, 8), torch.randn(3, 8)
    a[0, 5, 1] = b[1, 7, 2] = initial[2, 3] = value
    b[0, 9] = -value
    wanted = scan_reference(a, b, initial)
    assert torch.equal(kinds(diagonal_scan(engine(), a, b, initial)), kinds(wanted))


def test_a_long_scan_past_the_cache() -> None:
    drawn = draw(MinGRU(), 8, 128, 8, 2100, seed=1).to(torch.float32)
    x = drawn.call.x.clone()
    x[3, 1000] = math.inf
    drawn = drawn.with_x(x)
    with torch.no_grad():
        assert torch.equal(kinds(CPU.run(drawn.call)[0]), kinds(REFERENCE.run(drawn.call)[0]))
