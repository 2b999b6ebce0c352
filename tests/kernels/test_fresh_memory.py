"""Whatever lies in memory that was never written reaches no result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from seqloom import kernels
from seqloom.kernels.large_results import fresh
from seqloom.layers import Recurrent
from tests.kernels.cells import CELLS
from tests.kernels.comparing import CPU, DERIVED, draw, outcome

LENGTHS = torch.tensor([4, 0, 7, 1])


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Fill all fresh memory with NaN from now on."""

    def filled(make: Callable[..., Any]) -> Callable[..., Any]:
        def made(*args: Any, **kwargs: Any) -> Any:
            tensor = make(*args, **kwargs)
            return tensor.fill_(torch.nan) if tensor.is_floating_point() else tensor

        return made

    def start() -> None:
        for name in ("empty", "empty_like"):
            monkeypatch.setattr(torch, name, filled(getattr(torch, name)))

    return start


@pytest.mark.parametrize("kernel", [CPU, DERIVED], ids=["cpu", "derived"])
@pytest.mark.parametrize("name", CELLS)
def test_results_do_not_change(name: str, kernel: Any, poisoned: Callable[[], None]) -> None:
    draws = [
        draw(CELLS[name], hidden=hidden, batch=4, time=7, lengths=lengths, masks=True)
        for hidden, lengths in ((9, None), (9, LENGTHS), (16, LENGTHS))
    ]
    before = [outcome(kernel, each) for each in draws]
    poisoned()
    assert bool(fresh(3, like=torch.zeros(1)).isnan().all())
    for each, wanted in zip(draws, before, strict=True):
        got = outcome(kernel, each)
        assert all(torch.equal(got[result], tensor) for result, tensor in wanted.items())


@pytest.mark.parametrize("name", ["LSTM", "EveryWord", "Widths", "Narrow"])
def test_steps_do_not_change(name: str, poisoned: Callable[[], None]) -> None:
    layer = Recurrent(CELLS[name], 4, 10).eval()
    x, state = torch.randn(2, 4), layer.initial_state(2)
    state = type(state)(*(leaf.contiguous() for leaf in state))
    with torch.no_grad():
        wanted, _ = layer.step(x, state)
        layer._steps = kernels.Steps(layer.graph)
        poisoned()
        for _ in range(2):
            got, _ = layer.step(x, state)
            assert torch.equal(got, wanted)
