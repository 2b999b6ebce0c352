"""What the forward pass keeps is a list of plain tensors: hooks see them, and they go with the graph."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd.graph import save_on_cpu, saved_tensors_hooks
from torch.utils.checkpoint import checkpoint

from seqloom.errors import UsageError
from seqloom.kernels import RECURRENCE, Call, use
from seqloom.kernels.plan import plan
from seqloom.kernels.recurrence.passes import Inputs, Recurrence, backward, forward
from seqloom.kernels.recurrence.shared import with_shared
from tests.kernels.cells import CELLS
from tests.kernels.comparing import REFERENCE, Draw, assert_same, draw, engine, outcome

LENGTHS = torch.tensor([4, 0, 7, 1])
SOME = pytest.mark.parametrize(
    "name", ["LSTM", "GRU", "Elman", "EveryWord", "Widths", "Leaky", "FromWeights", "Unused"]
)
RAGGED = pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["dense", "ragged"])


def drawn_of(name: str, lengths: Tensor | None, hidden: int = 9) -> Draw:
    return draw(CELLS[name], hidden=hidden, batch=4, time=7, lengths=lengths, masks=True)


def ours(call: Call) -> tuple[Tensor, tuple[Tensor, ...]]:
    with use("cpu"):
        return RECURRENCE(call)


class Ours:
    """The kernel that ``use("cpu")`` takes, as ``outcome`` wants it."""

    run = staticmethod(ours)


class Box:
    """Holds what a hook was given."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


@SOME
@RAGGED
def test_everything_that_is_kept_goes_through_hooks(name: str, lengths: Tensor | None) -> None:
    """Copies are handed back, and what was given is destroyed: nobody else looked at it."""
    drawn = drawn_of(name, lengths)
    wanted = outcome(Ours, drawn)
    originals: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        originals.append(tensor)
        return tensor.clone()

    call = drawn.call
    leaves = [tensor.clone().requires_grad_() for tensor in call.tensors]
    count = len(call.states)
    parameters = dict(zip(call.parameters, leaves[1 + count :], strict=True))
    with saved_tensors_hooks(pack, lambda tensor: tensor):
        y, final = ours(call._replace(x=leaves[0], states=tuple(leaves[1 : 1 + count]), parameters=parameters))
    held = {tensor.untyped_storage().data_ptr() for tensor in (*leaves, y, *final)}
    destroyed = [t for t in originals if t.is_floating_point() and t.untyped_storage().data_ptr() not in held]
    assert destroyed
    for tensor in destroyed:
        tensor.detach().fill_(torch.nan)
    found = torch.autograd.grad([y, *final], leaves, drawn.directions, allow_unused=True)
    names = ["x", *(f"state {k}" for k in range(count)), *parameters]
    got = {f"gradient of {n}": g for n, g in zip(names, found, strict=True) if g is not None}
    assert_same(got, {n: tensor for n, tensor in wanted.items() if n in got}, 0.0)


@RAGGED
def test_it_is_freed_by_the_backward_pass_though_the_loss_is_held(lengths: Tensor | None) -> None:
    boxes: list[weakref.ref[Box]] = []

    def pack(tensor: Tensor) -> Box:
        box = Box(tensor)
        boxes.append(weakref.ref(box))
        return box

    call = drawn_of("LSTM", lengths).call
    parameters = {name: tensor.requires_grad_() for name, tensor in call.parameters.items()}
    with saved_tensors_hooks(pack, lambda box: box.tensor):
        y, _ = ours(call._replace(parameters=parameters))
        loss = y.square().sum()
    kept = sum(box().tensor.nbytes for box in boxes if box() is not None)
    assert kept > call.x.nbytes + 6 * y.nbytes // 2
    loss.backward()
    gc.collect()
    assert loss.grad_fn is not None
    assert not [box for box in boxes if box() is not None]


@SOME
@RAGGED
def test_the_two_functions_by_themselves(name: str, lengths: Tensor | None) -> None:
    drawn = drawn_of(name, lengths)
    call = drawn.call
    cell_plan = plan(call.graph, call.randomness is not None)
    parameters = with_shared(cell_plan, call.parameters)
    recurrence = Recurrence(cell_plan, tuple(parameters), engine())
    inputs = Inputs(call.x, call.states, tuple(parameters.values()), lengths, call.randomness)
    results = forward(recurrence, inputs, training=True)
    given = backward(recurrence, inputs, results.kept, drawn.directions)
    assert_same(
        {"y": results.outputs[0], "x": given[0]},
        {"y": (wanted := outcome(Ours, drawn))["y"], "x": wanted["gradient of x"]},
        1e-12,
    )
    everything = [*call.tensors, *results.outputs, *results.final, *results.kept]
    places = [tensor.untyped_storage().data_ptr() for tensor in everything if tensor.numel()]
    assert len({*places}) == len(places), "two of them share memory"
    assert forward(recurrence, inputs, training=False).kept in ((), results.kept[:3])


@pytest.mark.parametrize(
    "damage", [lambda t: t[:-1], lambda t: t.float(), lambda t: t.flatten()], ids=["rows", "format", "axes"]
)
def test_what_comes_back_otherwise_is_refused(damage: Any) -> None:
    call = drawn_of("LSTM", None).call
    for position in (-1, -2, -3):
        seen: list[Box] = []

        def pack(tensor: Tensor, seen: list[Box] = seen) -> Box:
            seen.append(Box(tensor))
            return seen[-1]

        with saved_tensors_hooks(pack, lambda box: box.tensor):
            y, _ = ours(call._replace(x=call.x.clone().requires_grad_()))
        seen[position].tensor = damage(seen[position].tensor)
        with pytest.raises(UsageError, match="hooks must give back"):
            y.sum().backward()


def test_a_hook_may_change_how_a_tensor_lies() -> None:
    drawn = drawn_of("LSTM", None)
    wanted = outcome(Ours, drawn)
    with saved_tensors_hooks(lambda tensor: tensor, lambda t: t.mT.contiguous().mT if t.ndim == 2 else t):
        assert_same(outcome(Ours, drawn), wanted, 1e-12)


@RAGGED
def test_checkpoints_and_copies_elsewhere(lengths: Tensor | None) -> None:
    drawn = drawn_of("GRU", lengths)
    wanted = outcome(Ours, drawn)
    with save_on_cpu():
        assert_same(outcome(Ours, drawn), wanted, 0.0)

    class Checkpointed:
        @staticmethod
        def run(call: Call) -> tuple[Tensor, tuple[Tensor, ...]]:
            return checkpoint(ours, call, use_reentrant=False)

    assert_same(outcome(Checkpointed, drawn), wanted, 0.0)


@pytest.mark.parametrize("batch", [15, 16, 33])
@pytest.mark.parametrize("lie", ["batch first", "time first", "columns", "features first"])
def test_x_is_read_however_it_lies(batch: int, lie: str) -> None:
    """From some rows on it is not copied first."""
    drawn = draw(CELLS["GRU"], features=7, hidden=9, batch=batch, time=4)
    x = drawn.call.x
    there = {
        "batch first": x.clone(),
        "time first": x.transpose(0, 1).contiguous().transpose(0, 1),
        "columns": torch.cat([x, x], 2)[..., 3:10].copy_(x),
        "features first": x.permute(2, 0, 1).contiguous().permute(1, 2, 0),
    }[lie]
    parameters = {name: tensor.clone().requires_grad_() for name, tensor in drawn.call.parameters.items()}
    found = []
    for run, rows in ((ours, there), (REFERENCE.run, x)):
        y, _ = run(drawn.call._replace(x=rows, parameters=parameters))
        found.append([y, *torch.autograd.grad((y * drawn.directions[0]).sum(), list(parameters.values()))])
    for got, wanted in zip(*found, strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-9, atol=1e-11)
