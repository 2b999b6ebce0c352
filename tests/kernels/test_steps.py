"""Single steps in compiled code, on weights where they lie; ``tests/citizens/test_writing.py`` changes these."""

from __future__ import annotations

import copy
import gc
import pickle
import re
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn

from seqloom import kernels
from seqloom.cells import Cell, Elman, affine, tanh
from seqloom.layers import Recurrent
from tests.kernels.cells import CELLS, multiple, needs_square

SIZES = (1, 2, 3, 5, 8, 21)
"""Batch sizes that take tiles of every width."""


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
            with kernels.watch() as choices:
                y, state = layer.step(x, state)
            assert [one.kernel for one in choices] == ["cpu"]
            with kernels.use("reference"):
                wanted, wanted_state = layer.step(x, wanted_state)
            torch.testing.assert_close(y, wanted, rtol=1e-4, atol=1e-5)
    assert all(torch.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(state, wanted_state, strict=True))
    return y


@pytest.mark.parametrize("hidden", [64, 300])
def test_threads_share_no_stepper(hidden: int) -> None:
    """Each of eight threads carries its own sequence through one layer, alone or on two of torch's threads."""
    layer, _ = stepping(hidden=hidden)
    inputs = torch.randn(8, 50, 1, 4)

    def run(xs: Tensor) -> Tensor:
        with torch.no_grad():
            state = layer.initial_state(1)
            for x in xs:
                y, state = layer.step(x, state)
        return y

    wanted = [run(xs) for xs in inputs]
    with ThreadPoolExecutor(8) as pool:
        assert all(torch.equal(a, b) for a, b in zip(pool.map(run, inputs), wanted, strict=True))


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_steps(name: str) -> None:
    step = multiple(CELLS[name])
    for hidden in (6, 16, 37):
        hidden = -(-hidden // step) * step
        features = hidden if needs_square(CELLS[name]) else 4 * step
        layer = Recurrent(CELLS[name], features, hidden)
        for batch in SIZES:
            check(layer, torch.randn(batch, features))
        check(layer.double(), torch.randn(3, features).double())


def test_batches_of_different_sizes_take_turns() -> None:
    """A size that was seen before costs no preparation: neither code, nor memory, nor checks."""
    layer, _ = stepping()
    inputs = [torch.randn(batch, 4) for batch in SIZES]
    for x in inputs:
        check(layer, x)
    made = dict(layer._steps._ready), {id(one) for idle in layer._steps._idle.values() for one in idle}
    for _ in range(3):
        for x in inputs:
            check(layer, x)
    assert made == (layer._steps._ready, {id(one) for idle in layer._steps._idle.values() for one in idle})
    assert len(layer._steps._ready) == len(SIZES)


def test_few_of_many_batch_sizes_are_kept() -> None:
    layer = Recurrent(Elman, 2, 3)
    for batch in range(1, 150):
        check(layer, torch.randn(batch, 2))
    assert len(layer._steps._ready) <= 64
    assert len(layer._steps._idle) == 9  # powers of two


def test_no_weight_is_kept() -> None:
    """Not alive either: a step holds on to no tensor."""
    layer, x = stepping()
    old = [weakref.ref(parameter) for parameter in layer.parameters()]
    for child in layer.weights.children():
        for name, parameter in list(child.named_parameters()):
            setattr(child, name, nn.Parameter(parameter.detach() + 0.5))
    del parameter
    gc.collect()
    assert not any(one() is not None for one in old)
    check(layer, x)


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", ["LSTM", "LayerNormLSTM", "Halves", "Widths"])
def test_nothing_beyond_a_row_is_read_or_written(name: str, dtype: torch.dtype) -> None:
    """Every tensor lies between NaN, and what is around the results stays as it was."""
    hidden = 10
    layer = Recurrent(CELLS[name], hidden, hidden).eval().to(dtype)
    for parameter in layer.parameters():
        parameter.data = fenced(parameter.detach())
    for batch in (1, 3):
        x, state = fenced(torch.randn(batch, hidden, dtype=dtype)), layer.initial_state(batch)
        state = type(state)(*map(fenced, state))
        with kernels.use("reference"):
            wanted, wanted_state = layer.step(x, state)
        y, new = layer.step(x, state)
        torch.testing.assert_close((y, *new), (wanted, *wanted_state), rtol=1e-4, atol=1e-5)
        stepper = layer._steps.stepper(x, batch)
        results = [fenced(torch.zeros_like(one)) for one in (*new, y)]
        tensors = layer._find(layer.weights)
        stepper(batch, [one.data_ptr() for one in (x, *state, *results, *tensors)])
        torch.testing.assert_close(tuple(results), (*new, y), rtol=0, atol=0)
        for one in results:
            whole = torch.empty(0, dtype=dtype).set_(one.untyped_storage())
            assert int(whole.isnan().sum()) == len(whole) - one.numel()


def fenced(tensor: Tensor) -> Tensor:
    """The same numbers in memory that has NaN before and behind."""
    whole = tensor.new_full((tensor.numel() + 128,), torch.nan)
    return whole[64:-64].view(tensor.shape).copy_(tensor)


@torch.no_grad()
def test_an_output_is_nobody_elses_memory() -> None:
    layer, x = stepping()
    y, state = layer.step(x, layer.initial_state(1))
    kept = [leaf.clone() for leaf in state]
    y.mul_(-1)
    assert all(map(torch.equal, state, kept))
    _, after = layer.step(x, state)
    assert all(map(torch.equal, state, kept))
    assert not {leaf.data_ptr() for leaf in after} & {leaf.data_ptr() for leaf in (y, x, *state)}


@torch.no_grad()
@pytest.mark.parametrize("batch", [1, 6])
def test_numbers_may_lie_in_any_way(batch: int) -> None:
    """Strided, negated by a bit, or expanded; a state whose shape or format was changed behind our back is refused."""
    layer, _ = stepping()
    x = torch.randn(batch, 3, 4)
    check(layer, x[:, 1])
    check(layer, x[:, 1])
    check(layer, x.mT[:, :4, 0])
    check(layer, x[:1, 0].expand(batch, 4))
    check(layer, torch._neg_view(x[:, 2]))
    layer.weights.input.weight_1.data = layer.weights.input.weight_1.detach().T.contiguous().T
    check(layer, x[:, 1])
    state = layer.initial_state(batch)
    for change in (lambda h: h.t_(), lambda h: h.resize_(batch, 8)):
        broken = layer.state_type(state.h.clone(), state.c)
        layer.step(x[:, 1], broken)
        change(broken.h)
        with pytest.raises(kernels.policy.UsageError, match="should have the shape"):
            layer.step(x[:, 1], broken)
    state.h.data = state.h.data.double()
    with pytest.raises((kernels.policy.UsageError, RuntimeError)):
        layer.step(x[:, 1], state)


@torch.no_grad()
def test_a_weight_without_memory_or_of_another_shape_is_no_weight() -> None:
    layer, x = stepping()
    weight = layer.weights.input.weight_1
    kept = weight.detach().clone()
    weight.data = torch.randn(16, 17)
    with pytest.raises(kernels.policy.UsageError, match=r"'input.weight_1' of shape \(16, 16\), but it is \(16, 17\)"):
        layer.step(x, layer.initial_state(1))
    weight.data = kept
    check(layer, x)
    size = kept.untyped_storage().nbytes()
    kept.untyped_storage().resize_(0)
    state, tensors = layer.initial_state(1), layer._find(layer.weights)
    assert layer._steps(x, state, tensors) is None
    assert "does not hold its numbers" in str(layer._steps.explain(x, state, tensors))
    kept.untyped_storage().resize_(size)


def test_more_parameters_or_operands_than_fit_are_left_to_others() -> None:
    class ManyOperands(Cell):
        def equations(self, x, h):
            return tanh(affine("a", x, *[h] * 20))

    class ManyMaps(Cell):
        def equations(self, x, h):
            return tanh(sum((affine(f"a{k}", x, h) for k in range(90)), start=0.0))

    for cell, reason in ((ManyOperands, "more than 16 operands"), (ManyMaps, "more than 256 states and parameters")):
        layer, x = Recurrent(cell, 2, 3), torch.randn(1, 2)
        with torch.no_grad(), kernels.watch() as choices:
            layer.step(x, layer.initial_state(1))
        assert reason in str(choices[0])


@pytest.mark.parametrize("half", [2, 64])
def test_parts_of_x_are_read_where_they_lie_or_from_copies(half: int) -> None:
    check(Recurrent(CELLS["Halves"], 2 * half, 2 * half), torch.randn(3, 2 * half))


def test_copies_share_no_weights_and_may_share_steps() -> None:
    layer, x = stepping()
    before = check(layer, x)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        twin.weights.input.weight_1.data += 0.5
        assert not torch.allclose(check(twin, x), before, atol=1e-4)
        assert torch.equal(check(layer, x), before)


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
    "many rows": lambda layer, x: (x.expand(5000, 4), "a step of 5000 rows is enough work"),
    "no rows": lambda layer, x: (x[:0], r"x has the shape \(0, 4\)"),
}


@torch.no_grad()
@pytest.mark.parametrize("case", REFUSALS)
def test_a_step_that_is_not_packed_says_why(case: str) -> None:
    layer, x = stepping()
    x, reason = REFUSALS[case](layer, x)
    found = layer._steps.explain(x, layer.initial_state(len(x)), layer._find(layer.weights))
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
