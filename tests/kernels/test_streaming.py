"""Single steps on packed weights, which hold until a weight changes."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn

from seqloom import kernels
from seqloom.layers import Recurrent
from tests.kernels.cells import CELLS, needs_square


def stepping(name: str = "LSTM", hidden: int = 16) -> tuple[Recurrent, Tensor]:
    """A layer that has made steps already, and an x (1, D)."""
    layer, x = Recurrent(CELLS[name], 4, hidden), torch.randn(1, 4)
    check(layer, x)
    return layer, x


def check(layer: Recurrent, x: Tensor) -> Tensor:
    """Three steps equal the reference's; returns the last output."""
    layer.eval()
    state = wanted_state = layer.initial_state(len(x))
    state = wanted_state = type(state)(*(leaf.contiguous() for leaf in state))
    with torch.no_grad():
        for _ in range(3):
            y, state = layer.step(x, state)
            with kernels.use("reference"):
                wanted, wanted_state = layer.step(x, wanted_state)
            torch.testing.assert_close(y, wanted, rtol=1e-4, atol=1e-5)
    assert all(torch.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(state, wanted_state, strict=True))
    return y


def train(make: Callable[..., torch.optim.Optimizer]) -> Callable[[Recurrent], None]:
    def change(layer: Recurrent) -> None:
        optimiser = make(layer.parameters())
        layer(torch.randn(2, 3, 4))[0].sum().backward()
        optimiser.step()

    return change


def load(layer: Recurrent) -> None:
    layer.load_state_dict({name: tensor + 0.5 for name, tensor in layer.state_dict().items()})


def in_place(layer: Recurrent) -> None:
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(0.5)


def replace(layer: Recurrent) -> None:
    for child in layer.weights.children():
        for name, parameter in list(child.named_parameters()):
            setattr(child, name, nn.Parameter(parameter.detach() + 0.5))


def data(layer: Recurrent) -> None:
    for parameter in layer.parameters():
        parameter.data += 0.5
    layer.repack()


def another_data(layer: Recurrent) -> None:
    for parameter in layer.parameters():
        parameter.data = parameter.data + 0.5


CHANGES: dict[str, Callable[[Recurrent], None]] = {
    "Adam": train(lambda p: torch.optim.Adam(p, lr=0.1)),
    "foreach Adam": train(lambda p: torch.optim.Adam(p, lr=0.1, foreach=True)),
    "fused Adam": train(lambda p: torch.optim.Adam(p, lr=0.1, fused=True)),
    "SGD": train(lambda p: torch.optim.SGD(p, lr=0.1)),
    "load_state_dict": load,
    "in place": in_place,
    "replaced": replace,
    "data and repack": data,
    "another data": another_data,
    "reset_parameters": lambda layer: layer.reset_parameters(),
}


@pytest.mark.parametrize("name", ["LSTM", "FromWeights"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_weights_is_seen(change: str, name: str) -> None:
    layer, x = stepping(name)
    before = check(layer, x)
    CHANGES[change](layer)
    assert not torch.allclose(check(layer, x), before, atol=1e-4)


def test_what_changes_nothing_keeps_the_packed_weights() -> None:
    layer, x = stepping()
    (stepper,) = layer._stream._idle
    layer.requires_grad_(False)
    layer.train()
    check(layer, x)
    layer.requires_grad_(True)
    check(layer, x)
    assert layer._stream._idle == [stepper]


def test_threads_share_no_stepper() -> None:
    """Each of four threads carries its own sequence through one layer."""
    layer, _ = stepping(hidden=64)
    inputs = torch.randn(4, 200, 1, 4)

    def run(xs: Tensor) -> Tensor:
        with torch.no_grad():
            state = layer.initial_state(1)
            for x in xs:
                y, state = layer.step(x, state)
        return y

    wanted = [run(xs) for xs in inputs]
    with ThreadPoolExecutor(4) as pool:
        assert all(torch.equal(a, b) for a, b in zip(pool.map(run, inputs), wanted, strict=True))


def test_precision_lost_on_the_way_is_seen() -> None:
    """Memory that is freed and given out again at the same place is not taken for the old weights."""
    layer, x = stepping()
    for _ in range(5):
        layer.bfloat16().float()
        check(layer, x)
    layer.double()
    check(layer, x.double())
    layer.float()
    check(layer, x)


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_steps(name: str) -> None:
    hidden = 6
    features = hidden if needs_square(CELLS[name]) else 4
    layer = Recurrent(CELLS[name], features, hidden)
    for batch in (1, 3):
        check(layer, torch.randn(batch, features))
    check(layer.double(), torch.randn(2, features).double())


@pytest.mark.parametrize("half", [2, 64])
def test_parts_of_x_are_read_where_they_lie_or_from_copies(half: int) -> None:
    check(Recurrent(CELLS["Halves"], 2 * half, 2 * half), torch.randn(3, 2 * half))


def test_a_copy_has_weights_of_its_own() -> None:
    layer, x = stepping()
    before = check(layer, x)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        in_place(twin)
        assert not torch.allclose(check(twin, x), before, atol=1e-4)
        assert torch.equal(check(layer, x), before)
    in_place(layer)
    assert not torch.allclose(check(layer, x), before, atol=1e-4)


def test_states_may_come_from_anywhere() -> None:
    layer, x = stepping(hidden=16)
    rows = x.expand(3, -1)
    wide = torch.randn(3, 32)
    state = layer.state_type(wide[:, ::2], wide[:, 16:])
    with torch.no_grad():
        y, _ = layer.step(rows, state)
        with kernels.use("reference"):
            wanted, _ = layer.step(rows, state)
    torch.testing.assert_close(y, wanted)


def test_tensors_that_have_no_memory_are_left_to_the_reference() -> None:
    layer, x = stepping()
    state = layer.initial_state(1)
    with torch.no_grad(), pytest.raises((RuntimeError, ValueError, NotImplementedError)):
        layer.step(x.to("meta"), state)


def test_gradients_flow_through_steps() -> None:
    layer, x = stepping()
    x = x.clone().requires_grad_()
    y, _ = layer.step(x, layer.initial_state(1))
    y.sum().backward()
    assert bool(x.grad.any())


REFUSALS: dict[str, Callable[[Recurrent, Tensor], tuple[Tensor, str]]] = {
    "bf16": lambda layer, x: (x.bfloat16(), "the numbers are torch.bfloat16, torch.float32"),
    "no rows": lambda layer, x: (x[:0], r"x has the shape \(0, 4\)"),
}


@torch.no_grad()
@pytest.mark.parametrize("case", REFUSALS)
def test_a_step_that_is_not_packed_says_why(case: str) -> None:
    layer, x = stepping()
    x, reason = REFUSALS[case](layer, x)
    found = layer._stream.explain(x, layer.initial_state(len(x)))
    assert found.kernel == "in parts"
    assert re.search(f"not cpu: {reason}", str(found)), found


def test_a_step_with_gradients_says_so_and_one_without_is_watched() -> None:
    layer, x = stepping()
    state = layer.initial_state(1)
    with kernels.watch() as choices:
        layer.step(x, state)
        with torch.no_grad():
            layer.step(x, state)
    kinds = [(one.work, one.kernel) for one in choices]
    assert kinds == [
        ("a step without gradients", "in parts"),
        ("a recurrence", "reference"),
        ("a step without gradients", "cpu"),
    ]
    assert choices[0].refused == (("cpu", "gradients are wanted"),)


@pytest.mark.parametrize("kernel", ["torch", "cpu", "derived"])
def test_a_wish_holds_for_single_steps(kernel: str) -> None:
    """Also where ``auto`` would find another kernel faster."""
    layer, x = stepping()
    state = layer.initial_state(1)
    wanted, _ = layer.step(x, state)
    with kernels.use(kernel), kernels.watch() as choices:
        y, _ = layer.step(x, state)
    assert choices[-1].kernel == kernel
    torch.testing.assert_close(y, wanted)
