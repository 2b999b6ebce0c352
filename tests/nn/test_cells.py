"""RNNCell, LSTMCell and GRUCell against torch's own, with gradients and without."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import nn

import seqloom.nn
from seqloom import kernels
from tests.nn.twins import CELLS, TOLERANCE, assert_same, pair, tensors


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
        done = ours(x, hx)
        assert type(done) is type(wanted)
        assert_same(done, wanted, dtype)
        assert_same(ours(x, done), theirs(x, wanted), dtype)
    assert ours._stream is not None
    assert ours._stream._idle, "the compiled step did not run"
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
def test_a_step_sees_every_change_of_the_weights(name: str) -> None:
    theirs, ours = pair(CELLS[name], 3, 5)
    x = torch.randn(1, 3)
    ours(x)
    optimiser = torch.optim.SGD(ours.parameters(), lr=1.0)
    for parameter in ours.parameters():
        parameter.grad = torch.ones_like(parameter)
    changes = {
        "optimiser": optimiser.step,
        "load_state_dict": lambda: ours.load_state_dict({k: v + 1 for k, v in ours.state_dict().items()}),
        "assign": lambda: ours.load_state_dict({k: v - 2 for k, v in ours.state_dict().items()}, assign=True),
        "new Parameter": lambda: setattr(ours, "weight_hh", nn.Parameter(torch.ones_like(ours.weight_hh))),
        "data": lambda: (ours.weight_ih.data.mul_(0.5), ours.repack()),
        "to": lambda: ours.double().float(),
    }
    for what, change in changes.items():
        change()
        theirs.load_state_dict(ours.state_dict())
        for got, wanted in zip(tensors(ours(x)), tensors(theirs(x)), strict=True):
            torch.testing.assert_close(got, wanted, **TOLERANCE[torch.float32], msg=what)


@torch.no_grad()
def test_copies_have_steps_of_their_own() -> None:
    ours, x = seqloom.nn.LSTMCell(3, 5), torch.randn(1, 3)
    before = ours(x)
    for again in (copy.deepcopy(ours), copy.copy(ours), pickle.loads(pickle.dumps(ours))):
        assert again._stream is None
        assert_same(again(x), before)
    other = copy.deepcopy(ours)
    other.weight_ih.zero_()
    other.bias_ih.zero_()
    assert_same(ours(x), before)
    assert not torch.equal(other(x)[0], before[0])


@torch.no_grad()
def test_strided_inputs_step_on_the_same_packed_weights() -> None:
    theirs, ours = pair(CELLS["lstm"], 16, 16)
    x, hx = torch.randn(4, 6, 16), None
    wanted, steppers = None, set()
    for t in range(6):
        hx, wanted = ours(x[:, t], hx), theirs(x[:, t], wanted)
        steppers |= {*map(id, ours._stream._idle)}
    assert_same(hx, wanted)
    assert len(steppers) == 1


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
