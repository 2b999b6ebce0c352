"""What PyTorch asks of each of its own modules, asked of ours: cases like those of its own tests."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode

from tests.nn.twins import CELLS, SEQUENCES, assert_same, pair, tensors

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported:UserWarning")
KINDS = {f"{name} cell": entry for name, entry in CELLS.items()} | SEQUENCES
OF_EVERY_KIND = pytest.mark.parametrize("name", KINDS)
BATCH, TIME, FEATURES, HIDDEN = 2, 3, 3, 4


def made(name: str, **settings: Any) -> nn.Module:
    return pair(KINDS[name], FEATURES, HIDDEN, **settings)[1]


def inputs(module: nn.Module, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """x (T, B, D) or (B, D), and the states; all want gradients."""
    if isinstance(module, nn.RNNCellBase):
        shapes = [(BATCH, FEATURES), *[(BATCH, HIDDEN)] * (1 + isinstance(module, nn.LSTMCell))]
    else:
        rows = module.num_layers * (1 + module.bidirectional)
        shapes = [(TIME, BATCH, FEATURES), (rows, BATCH, module.proj_size or HIDDEN), (rows, BATCH, HIDDEN)]
        shapes = shapes[: 2 + isinstance(module, nn.LSTM)]
    return [torch.randn(shape, dtype=dtype, requires_grad=True) for shape in shapes]


def run(module: Callable[..., Any], x: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
    return tuple(tensors(module(x, states if len(states) > 1 else states[0])))


def gradients(module: nn.Module, given: list[Tensor], directions: list[Tensor]) -> list[Tensor]:
    return list(torch.autograd.grad(run(module, *given), [*given, *module.parameters()], directions))


def apart(tensor: Tensor) -> Tensor:
    """The same numbers, every second place in memory."""
    return tensor.detach().repeat_interleave(2, dim=-1)[..., ::2].requires_grad_(tensor.requires_grad)


@OF_EVERY_KIND
def test_a_place_and_a_format_reach_every_parameter(name: str) -> None:
    given = made(name, device="meta", dtype=torch.float64)
    assert {(weight.device.type, weight.dtype) for weight in given.parameters()} == {("meta", torch.float64)}
    with torch.device("meta"):
        inside = made(name)
    assert all(weight.is_meta for weight in inside.parameters())
    inside.to_empty(device="cpu").load_state_dict(made(name).state_dict())
    x = inputs(inside)
    assert_same(run(inside, *x), run(made(name), *x))


@OF_EVERY_KIND
@pytest.mark.parametrize("swapped", [False, True])
def test_parameters_stay_the_same_objects_while_results_live(
    name: str, swapped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.__future__, "get_swap_module_params_on_conversion", lambda: swapped)
    module = made(name)
    given, before = inputs(module), list(module.parameters())
    found = run(module, *given)
    sum(one.sum() for one in found).backward()
    module.to(torch.float64).to(memory_format=torch.channels_last)
    assert all(one is other for one, other in zip(before, module.parameters(), strict=True))
    assert {(weight.dtype, weight.grad.dtype) for weight in before} == {(torch.float64, torch.float64)}
    again = [one.detach().double().requires_grad_() for one in given]
    assert_same([one.float() for one in run(module, *again)], found)
    assert all(gradient.any() for gradient in gradients(module, again, list(run(module, *again))))


@OF_EVERY_KIND
def test_numbers_may_lie_apart(name: str) -> None:
    module = made(name)
    given = inputs(module)
    found = run(module, *given)
    directions = [torch.randn_like(one) for one in found]
    wanted = gradients(module, given, directions)
    strided, strided_directions = [apart(one) for one in given], [apart(one) for one in directions]
    assert_same(run(module, *strided), found)
    for some, others in ((given, strided_directions), (strided, directions), (strided, strided_directions)):
        assert_same(gradients(module, some, others), wanted)


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * n.endswith("deep")) for n in KINDS])
def test_gradients_and_theirs_are_those_of_small_differences(name: str) -> None:
    module = made(name, dtype=torch.float64)
    given = inputs(module, torch.float64)
    names = [name for name, _ in module.named_parameters()]

    def outputs(*leaves: Tensor) -> tuple[Tensor, ...]:
        weights = dict(zip(names, leaves[len(given) :], strict=True))
        return run(lambda *inputs: functional_call(module, weights, inputs), *leaves[: len(given)])

    leaves = (*given, *(weight.detach().requires_grad_() for weight in module.parameters()))
    assert gradcheck(outputs, leaves, fast_mode=True)
    assert gradgradcheck(outputs, leaves, fast_mode=True)


@OF_EVERY_KIND
def test_the_way_back_may_be_gone_twice_and_from_one_result(name: str) -> None:
    theirs, ours = pair(KINDS[name], FEATURES, HIDDEN)
    given = inputs(ours)
    for one_alone in range(len(run(ours, *given))):
        sums = [run(module, *given)[one_alone].sum() for module in (theirs, ours)]
        for module, loss in zip((theirs, ours), sums, strict=True):
            module.zero_grad()
            loss.backward(retain_graph=True)
            loss.backward()
        found, wanted = ([weight.grad for weight in module.parameters()] for module in (ours, theirs))
        assert_same(*zip(*((a, b) for a, b in zip(found, wanted, strict=True) if b is not None), strict=True))


@OF_EVERY_KIND
def test_operations_are_counted_as_torchs(name: str) -> None:
    """Of torch's LSTM, its counter sees the one with a projection alone; the others are four gates of an RNN's one."""
    ours, theirs = made(name), pair(KINDS[name], FEATURES, HIDDEN)[0]
    fused = isinstance(theirs, nn.LSTM) and not theirs.proj_size
    if fused:
        theirs = pair(("RNN", KINDS[name][1]), FEATURES, HIDDEN)[0]
    counts = []
    for module in (ours, theirs):
        given = inputs(module)
        with FlopCounterMode(display=False) as counter:
            forward = run(module, *given)
            ahead = counter.get_total_flops()
            sum(one.sum() for one in forward).backward()
        counts.append((ahead, counter.get_total_flops()))
    assert counts[0] == tuple((4 if fused else 1) * count for count in counts[1])


def test_a_file_of_the_time_before_projections_loads() -> None:
    module = made("lstm")
    state = module.__getstate__()
    state = {key: value for key, value in state.items() if key != "proj_size"}
    old = type(module).__new__(type(module))
    old.__setstate__(pickle.loads(pickle.dumps(state)))
    given = inputs(module)
    assert_same(run(old, *given), run(module, *given))
