"""Steppers for every width of vectors, against the reference; threads that share a step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from seqloom.kernels import Call
from seqloom.kernels.arrangement import one_by_one
from seqloom.kernels.cpu import Stepper
from tests.kernels.cells import CELLS
from tests.kernels.comparing import REFERENCE, draw, engine
from tests.kernels.cpu.widths import WIDTHS

ALLOWED = {torch.float32: 2e-5, torch.float64: 1e-12}
SOME = ["LSTM", "GRU", "LayerNormLSTM", "Widths", "Blocks", "EveryFunction", "Halves", "FromWeights", "LRU"]


def call_of(name: str, dtype: torch.dtype, batch: int, features: int, hidden: int) -> Call:
    return draw(CELLS[name], features, hidden, batch=batch, time=1, seed=batch).to(dtype).call


def compared(call: Call, width: int | None = None) -> list[Tensor]:
    """The new states and y of a step, each held against the reference's."""
    dtype, batch = call.x.dtype, len(call.x)
    graph, arrangement = call.graph, one_by_one(call.graph)
    stepper = Stepper(engine(width), graph, arrangement, True, call.x, most=batch)
    y, wanted = REFERENCE.run(call)
    new = [torch.full_like(state, torch.nan) for state in call.states]
    out = y.new_full((batch, graph.out_features), torch.nan)
    tensors = [call.parameters[shape.name].contiguous() for shape in graph.parameters()]
    x = call.x[:, 0].contiguous()
    for _ in range(2):  # even and odd steps
        stepper(batch, [tensor.data_ptr() for tensor in (x, *call.states, *new, out, *tensors)])
        for got, right in zip((*new, out), (*wanted, y[:, 0]), strict=True):
            allowed = ALLOWED[dtype] * max(1.0, float(right.abs().max()))
            assert float((got - right).abs().nan_to_num(torch.inf).max()) <= allowed, (batch, call.x.shape, got.shape)
    return [*new, out]


@pytest.mark.parametrize("dtype", ALLOWED, ids=str)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SOME)
def test_every_width(name: str, width: int, dtype: torch.dtype) -> None:
    for batch, features, hidden in ((1, 3, 5), (2, 17, 16), (3, 1, 8), (4, 33, 23), (7, 5, 41)):
        compared(call_of(name, dtype, batch, features, hidden), width)


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("batch", [1, 3, 40])
@pytest.mark.parametrize("name", ["LSTM", "GRU", "ProductOfProduct", "LayerNormLSTM"])
def test_threads_share_a_step(name: str, batch: int) -> None:
    """By columns where rows are few, else by rows."""
    call = call_of(name, torch.float32, batch, 150, 170)
    shared = compared(call)
    torch.set_num_threads(1)
    torch.testing.assert_close(shared, compared(call))
