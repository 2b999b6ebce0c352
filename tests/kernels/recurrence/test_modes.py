"""Every kind of module in every mode of torch: the results are right, and the kernel that was asked for runs."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import jacobian
from torch.autograd.graph import allow_mutation_on_saved_tensors
from torch.func import functional_call, grad, vmap

import seqloom.nn
from seqloom import cells, kernels
from seqloom.errors import UsageError
from seqloom.layers import Recurrent

Run = Callable[[nn.Module, Tensor], Tensor]
BATCH, TIME, FEATURES, HIDDEN = 3, 5, 4, 4
LENGTHS = torch.tensor([5, 0, 3])
WHOLE: dict[str, Run] = {
    "dense": lambda module, x: module(x)[0],
    "ragged": lambda module, x: module(x, lengths=LENGTHS[: len(x)])[0],
}


def both(module: nn.Module, x: Tensor) -> Tensor:
    """All results of a cell, side by side."""
    new = module(x)
    return torch.cat(new, -1) if isinstance(new, tuple) else new


def subjects() -> Iterator[Any]:
    """Modules that make themselves, how they run, and the shape of x."""
    sequence, row = (BATCH, TIME, FEATURES), (BATCH, FEATURES)
    for kind in ("RNN", "LSTM", "GRU"):
        make = getattr(seqloom.nn, kind)
        yield pytest.param(
            lambda make=make: make(FEATURES, HIDDEN, batch_first=True), WHOLE["dense"], sequence, id=kind
        )
        cell = getattr(seqloom.nn, f"{kind}Cell")
        yield pytest.param(lambda cell=cell: cell(FEATURES, HIDDEN), both, row, id=f"{kind}Cell")
    for kind in ("LSTM", "GRU", "MinGRU", "LRU", "SLSTM"):
        make = getattr(cells, kind)
        for name, run in WHOLE.items():
            yield pytest.param(
                lambda make=make: Recurrent(make, FEATURES, HIDDEN), run, sequence, id=f"Recurrent {kind} {name}"
            )


SUBJECTS = pytest.mark.parametrize(("make", "run", "shape"), [*subjects()])
Make = Callable[[], nn.Module]


AUTO = pytest.mark.parametrize("kernel", ["auto"])


@pytest.fixture(params=["auto", "cpu"])
def kernel(request: pytest.FixtureRequest) -> str:
    """Whose choice runs: that of the policy, or ours."""
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def _used(kernel: str) -> Iterator[None]:
    with kernels.use(kernel):
        yield


def gradients(module: nn.Module, run: Run, x: Tensor, direction: Tensor) -> list[Tensor]:
    x = x.clone().requires_grad_()
    found = torch.autograd.grad(run(module, x), [x, *module.parameters()], direction, allow_unused=True)
    return [torch.zeros(()) if one is None else one for one in found]


def assert_same(got: list[Any], wanted: list[Any]) -> None:
    for a, b in zip(got, wanted, strict=True):
        a = torch.zeros(()) if a is None else a
        torch.testing.assert_close(*torch.broadcast_tensors(a, b), rtol=1e-4, atol=1e-5)


@SUBJECTS
@pytest.mark.parametrize(
    "modes",
    [(torch.inference_mode, torch.no_grad), (torch.no_grad, torch.inference_mode)],
    ids=["inference first", "no_grad first"],
)
def test_one_mode_after_the_other(
    make: Make, run: Run, shape: tuple[int, ...], modes: tuple[Callable[[], AbstractContextManager[None]], ...]
) -> None:
    module, x = make(), torch.randn(shape)
    wanted = run(module, x)
    for mode in modes:
        with mode():
            torch.testing.assert_close(run(module, x), wanted)
    wanted.sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


@SUBJECTS
def test_gradients_in_several_directions_at_once(make: Make, run: Run, shape: tuple[int, ...]) -> None:
    module, x = make(), torch.randn(shape, requires_grad=True)
    y = run(module, x)
    directions = torch.randn(3, *y.shape)
    leaves = [x, *module.parameters()]
    together = torch.autograd.grad(y, leaves, directions, is_grads_batched=True, allow_unused=True)
    for k, direction in enumerate(directions):
        assert_same([t if t is None else t[k] for t in together], gradients(module, run, x, direction))


@SUBJECTS
def test_jacobians_all_at_once(make: Make, run: Run, shape: tuple[int, ...]) -> None:
    module, x = make(), torch.randn(1, *shape[1:])
    at_once = jacobian(lambda value: run(module, value), x, vectorize=True)
    torch.testing.assert_close(at_once, jacobian(lambda value: run(module, value), x), rtol=1e-4, atol=1e-5)


@SUBJECTS
@pytest.mark.filterwarnings("ignore:There is a performance drop:UserWarning")  # torch's own LSTM
def test_vmap_of_the_way_back(make: Make, run: Run, shape: tuple[int, ...]) -> None:
    module, x = make(), torch.randn(shape, requires_grad=True)
    y = run(module, x)
    directions = torch.randn(3, *y.shape)
    found = vmap(lambda g: torch.autograd.grad(y, x, g, retain_graph=True)[0])(directions)
    for direction, one in zip(directions, found, strict=True):
        assert_same([one], gradients(module, run, x, direction)[:1])


@SUBJECTS
def test_an_empty_batch_has_gradients_of_zero(make: Make, run: Run, shape: tuple[int, ...]) -> None:
    module, x = make(), torch.randn(0, *shape[1:], requires_grad=True)
    run(module, x).sum().backward()
    assert x.grad is not None
    assert [name for name, p in module.named_parameters() if p.grad is None or p.grad.any()] == []


def negated(tensor: Tensor) -> Tensor:
    """The same numbers with torch's negative bit: in memory their signs are others."""
    found = torch.complex(torch.zeros_like(tensor), -tensor).conj().imag
    assert found.is_neg()
    return found


@SUBJECTS
def test_the_negative_bit_is_minded(make: Make, run: Run, shape: tuple[int, ...]) -> None:
    module, x = make(), torch.randn(shape)
    y = run(module, x)
    direction = torch.randn_like(y)
    torch.testing.assert_close(run(module, negated(x)), y)
    assert_same(gradients(module, run, x, negated(direction)), gradients(module, run, x, direction))
    with torch.no_grad():
        torch.testing.assert_close(run(module, negated(x)), y)


@SUBJECTS
def test_weights_may_change_before_the_way_back_where_that_is_allowed(
    make: Make, run: Run, shape: tuple[int, ...]
) -> None:
    module, x = make(), torch.randn(shape, requires_grad=True)
    (wanted,) = torch.autograd.grad(run(module, x).sum(), x)
    with allow_mutation_on_saved_tensors():
        y = run(module, x)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.mul_(1.5)
        (found,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(found, wanted)


@AUTO
@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
@pytest.mark.parametrize("with_gradients", [True, False])
def test_cells_under_autocast_give_the_formats_of_torch(kind: str, with_gradients: bool) -> None:
    theirs, ours = (getattr(library, kind)(FEATURES, HIDDEN) for library in (nn, seqloom.nn))
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(BATCH, FEATURES)
    with torch.autocast("cpu", torch.bfloat16), torch.set_grad_enabled(with_gradients):
        torch.testing.assert_close(both(ours, x), both(theirs, x))
        assert both(ours, x).dtype == both(theirs, x).dtype


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("with_gradients", [True, False])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_sequences_under_autocast_keep_the_format_of_the_weights(
    kind: str, with_gradients: bool, dtype: torch.dtype
) -> None:
    module = getattr(seqloom.nn, kind)(FEATURES, HIDDEN)
    with torch.autocast("cpu", dtype), torch.set_grad_enabled(with_gradients):
        y, state = module(torch.randn(TIME, BATCH, FEATURES).to(dtype))
    assert {y.dtype, *(leaf.dtype for leaf in (state if isinstance(state, tuple) else [state]))} == {torch.float32}


@AUTO
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "MinGRU", "LRU"])
def test_vmap_over_lengths_and_gradients_of_each_sample(kind: str) -> None:
    layer = Recurrent(getattr(cells, kind), FEATURES, HIDDEN)
    x, lengths = torch.randn(4, 2, TIME, FEATURES), torch.tensor([[5, 2], [1, 0], [5, 5], [3, 4]])
    with kernels.use("cpu"), pytest.raises(UsageError, match="transform or forward-mode"):
        vmap(lambda rows: layer(rows)[0])(x)
    y = vmap(lambda rows, ends: layer(rows, lengths=ends)[0])(x, lengths)
    for k in range(4):
        torch.testing.assert_close(y[k], layer(x[k], lengths=lengths[k])[0])
    weights = {name: weight.detach() for name, weight in layer.named_parameters()}

    def loss(weights: dict[str, Tensor], rows: Tensor, ends: Tensor) -> Tensor:
        return functional_call(layer, weights, (rows,), {"lengths": ends})[0].square().sum()

    found = vmap(grad(loss), (None, 0, 0))(weights, x, lengths)
    for k in range(4):
        alone = torch.autograd.grad(layer(x[k], lengths=lengths[k])[0].square().sum(), list(layer.parameters()))
        assert_same([gradient[k] for gradient in found.values()], list(alone))


@pytest.mark.parametrize("kind", ["LSTM", "MinGRU"])
@pytest.mark.parametrize("with_gradients", [True, False])
def test_a_state_that_was_changed_meanwhile_is_right_or_refused(kind: str, with_gradients: bool) -> None:
    layer, x = Recurrent(getattr(cells, kind), FEATURES, BATCH), torch.randn(BATCH, TIME, FEATURES)
    with torch.set_grad_enabled(with_gradients):
        for change in (lambda h: h.t_(), lambda h: h.set_(h.t().clone().t()), lambda h: h.resize_(BATCH, BATCH)):
            _, state = layer(x)
            state = type(state)(*(leaf.detach().clone() for leaf in state))
            change(state.h)
            as_it_is = type(state)(*(leaf.clone(memory_format=torch.contiguous_format) for leaf in state))
            torch.testing.assert_close(layer(x, state)[0], layer(x, as_it_is)[0])
        for data, message in (
            (lambda h: h.half(), "x's format, torch.float32; got torch.float16"),
            (lambda h: h.double(), "x's format, torch.float32; got torch.float64"),
            (lambda h: h[:2], "should have the shape"),
            (lambda h: h[:, :2], "should have the shape"),
        ):
            _, state = layer(x)
            state.h.data = data(state.h.data)
            with pytest.raises(UsageError, match=message):
                layer(x, state)


@SUBJECTS
@pytest.mark.parametrize("with_gradients", [True, False])
def test_nothing_is_left_to_the_collector(make: Make, run: Run, shape: tuple[int, ...], with_gradients: bool) -> None:
    """A cycle of references would keep weights and large memory alive until the collector comes by."""
    module, x = make(), torch.randn(shape)

    def work() -> None:
        with torch.set_grad_enabled(with_gradients):
            y = run(module, x)
            if with_gradients:
                y.sum().backward()

    work()
    gc.collect()
    gc.disable()
    try:
        work()
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        left = [thing for thing in gc.garbage if isinstance(thing, Tensor)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert not left


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_converting_with_swapped_parameters_while_a_result_lives(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.__future__, "get_swap_module_params_on_conversion", lambda: True)
    module, x = getattr(seqloom.nn, kind)(FEATURES, HIDDEN), torch.randn(TIME, BATCH, FEATURES)
    with torch.no_grad():
        y, _ = module(x)
        wide = module.to(torch.float64)
        torch.testing.assert_close(wide(x.double())[0], y.double(), rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported:UserWarning")  # torch's own
@pytest.mark.parametrize("projected", [0, 2])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_gradients_lie_as_those_of_torch(projected: int, bidirectional: bool) -> None:
    settings: dict[str, Any] = {"proj_size": projected, "bidirectional": bidirectional, "num_layers": 2}
    theirs, ours = (library.LSTM(FEATURES, HIDDEN, **settings) for library in (nn, seqloom.nn))
    for module in (theirs, ours):
        module(torch.randn(TIME, BATCH, FEATURES))[0].sum().backward()
    for (name, wanted), got in zip(theirs.named_parameters(), ours.parameters(), strict=True):
        assert got.grad.stride() == wanted.grad.stride(), name


@AUTO
@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
@pytest.mark.parametrize("sizes", [(3, 0), (0, 3)])
@pytest.mark.parametrize("with_gradients", [True, False])
def test_cells_of_no_units_or_no_features(kind: str, sizes: tuple[int, int], with_gradients: bool) -> None:
    theirs, ours = (getattr(library, kind)(*sizes) for library in (nn, seqloom.nn))
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, sizes[0])
    with torch.set_grad_enabled(with_gradients):
        assert torch.equal(both(ours, x), both(theirs, x))
