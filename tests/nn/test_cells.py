"""RNNCell, LSTMCell and GRUCell against torch's own, with gradients and without."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import seqloom.nn
from seqloom import kernels
from tests.nn.twins import CELLS, assert_same, pair, tensors


def state_for(module: nn.RNNCellBase, batch: tuple[int, ...], dtype: torch.dtype):
    made = [torch.randn(*batch, module.hidden_size, dtype=dtype, requires_grad=True) for _ in range(2)]
    return tuple(made) if isinstance(module, nn.LSTMCell) else made[0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("given", [False, True], ids=["no state", "state given"])
@pytest.mark.parametrize("batch", [(), (1,), (4,)], ids=["unbatched", "one row", "four rows"])
@pytest.mark.parametrize("name", CELLS)
def test_steps_are_torchs(name: str, batch: tuple[int, ...], given: bool, dtype: torch.dtype) -> None:
    theirs, ours = pair(CELLS[name], 3, 16, dtype=dtype)
    x = torch.randn(*batch, 3, dtype=dtype, requires_grad=True)
    hx = state_for(theirs, batch, dtype) if given else None
    wanted = theirs(x, hx)
    gradients = [
        torch.autograd.grad(sum(t.sin().sum() for t in tensors(module(x, hx))), [x, *module.parameters()])
        for module in (ours, theirs)
    ]
    assert_same(*gradients, dtype)
    with torch.no_grad():
        with kernels.watch() as choices:
            done = ours(x, hx)
        assert choices[-1].kernel == "cpu"
        assert type(done) is type(wanted)
        assert_same(done, wanted, dtype)
        assert_same(ours(x, done), theirs(x, wanted), dtype)
    for kernel in ("reference", "cpu", "torch"):
        with kernels.use(kernel), kernels.watch() as choices:
            assert_same(ours(x, hx), wanted, dtype)
        assert choices[-1].kernel == kernel


@pytest.mark.parametrize("name", CELLS)
def test_weights_begin_and_travel_as_torchs(name: str) -> None:
    theirs, ours = pair(CELLS[name], 3, 5)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))
    assert repr(ours) == repr(theirs)


@torch.no_grad()
@pytest.mark.parametrize("name", CELLS)
def test_steps_of_every_size(name: str) -> None:
    """With biases and without, at sizes that leave vectors partly filled; batches of different sizes take turns."""
    for features, hidden in ((3, 5), (17, 37), (64, 64), (1, 1)):
        theirs, ours = pair(CELLS[name], features, hidden)
        for batch in (1, 8, 1, 3, 33):
            x, hx = torch.randn(batch, features), state_for(theirs, (batch,), torch.float32)
            with kernels.watch() as choices:
                done = ours(x, hx)
            assert [one.kernel for one in choices] == ["cpu"]
            assert_same(done, theirs(x, hx))


@torch.no_grad()
def test_strided_inputs_step() -> None:
    theirs, ours = pair(CELLS["lstm"], 16, 16)
    for batch in (1, 4):
        x, hx, wanted = torch.randn(batch, 6, 16), None, None
        for t in range(6):
            hx, wanted = ours(x[:, t], hx), theirs(x[:, t], wanted)
        assert_same(hx, wanted)


@torch.no_grad()
def test_another_nonlinearity_is_another_cell() -> None:
    theirs, ours = pair(("RNNCell", {}), 3, 5)
    x = torch.randn(2, 3)
    for nonlinearity in ("tanh", "relu", "tanh"):
        theirs.nonlinearity = ours.nonlinearity = nonlinearity
        assert_same(ours(x), theirs(x))


@pytest.mark.parametrize("name", CELLS)
def test_formats_under_autocast_are_torchs(name: str) -> None:
    theirs, ours = pair(CELLS[name], 3, 16)
    x = torch.randn(2, 3)
    for mode in (torch.no_grad, torch.enable_grad, torch.inference_mode):
        with mode(), torch.autocast("cpu"):
            found = [[(t.dtype, t.float()) for t in tensors(module(x))] for module in (ours, theirs)]
        for (dtype, got), (wanted_dtype, wanted) in zip(*found, strict=True):
            assert dtype == wanted_dtype
            assert torch.equal(got, wanted)


@pytest.mark.parametrize("name", CELLS)
def test_modes_take_turns(name: str) -> None:
    """Tensors of inference mode in steps without gradients, and the reverse."""
    theirs, ours = pair(CELLS[name], 3, 5)
    hx = wanted = None
    for mode in (torch.inference_mode, torch.no_grad, torch.inference_mode, torch.no_grad):
        with mode():
            x = torch.randn(2, 3)
            for _ in range(2):
                hx, wanted = ours(x, hx), theirs(x, wanted)
                assert_same(hx, wanted)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.enable_grad])
@pytest.mark.parametrize("name", ["RNNCell", "LSTMCell", "GRUCell"])
def test_wrong_shapes_raise_as_torchs(name: str, mode) -> None:
    def hx(*shape: int):
        return (torch.zeros(shape), torch.zeros(shape)) if name == "LSTMCell" else torch.zeros(shape)

    theirs, ours = pair((name, {}), 3, 5)
    for arguments in [
        (torch.zeros(2, 2),),
        (torch.zeros(1, 2, 3),),
        (torch.zeros(2, 3), hx(2, 4)),
        (torch.zeros(2, 3), hx(3, 5)),
        (torch.zeros(2, 3), hx(1, 2, 5)),
        (torch.zeros(3), hx(1, 5)),
    ]:
        messages = []
        for module in (theirs, ours):
            with mode(), pytest.raises((ValueError, RuntimeError)) as caught:
                module(*arguments)
            messages.append((type(caught.value), str(caught.value)))
        assert messages[0] == messages[1]


@pytest.mark.parametrize("mode", [torch.no_grad, torch.enable_grad])
def test_an_unknown_nonlinearity(mode) -> None:
    with mode(), pytest.raises(RuntimeError, match="Unknown nonlinearity: garbage"):
        seqloom.nn.RNNCell(3, 5, nonlinearity="garbage")(torch.zeros(1, 3))
