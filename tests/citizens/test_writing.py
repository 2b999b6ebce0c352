"""Weights written between two steps, in every way there is: the second step is that of the new weights."""

from __future__ import annotations

import copy
import ctypes
import gc
import multiprocessing
import pickle
import threading
from collections.abc import Callable
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from seqloom import kernels
from seqloom.cells import LSTM, SLSTM, GRUResetAfter, LayerNormLSTM, Zoneout
from seqloom.layers import CausalLayer, Recurrent, parse_spec, stack
from tests.citizens.subjects import CELLS, RECURRENT, Subject
from tests.citizens.table import Column, Family, assert_same, check
from tests.kernels.cells import CELLS as EQUATIONS

FAMILY = Family()
FEATURES = 4
ROWS = [
    *CELLS,
    *RECURRENT,
    Subject("H of no whole vector", lambda: Recurrent(LSTM, FEATURES, 21)),
    Subject("H of whole vectors", lambda: Recurrent(GRUResetAfter, FEATURES, 32)),
    Subject("norms", lambda: Recurrent(LayerNormLSTM, FEATURES, 21)),
    Subject("blocks", lambda: Recurrent(SLSTM(heads=2), FEATURES, 8)),
    Subject("masks", lambda: Recurrent(Zoneout(LSTM(), rate=(0.2, 0.4)), FEATURES, 9).eval()),
    Subject("vectors made from weights", lambda: Recurrent(EQUATIONS["FromWeights"], FEATURES, 11)),
    Subject("float64", lambda: Recurrent(LSTM, FEATURES, 13).double()),
    Subject("a stack", lambda: stack([Recurrent(LSTM, FEATURES, 6), Recurrent(GRUResetAfter, 6, 6)])),
    Subject("slstm block", lambda: parse_spec("slstm(8)").build(FEATURES)),
]
PARTS = [subject for subject in ROWS if subject.name not in ("a stack", "slstm block") and not subject.steps]

Way = Callable[[nn.Module], nn.Module | None]


def steps_of(module: nn.Module, x: Tensor) -> list[Tensor]:
    """Two steps, without gradients, the second from the state that the first one left."""
    x = x.to(next(module.parameters()).dtype)
    found: list[Tensor] = []
    with torch.no_grad():
        if not isinstance(module, CausalLayer):
            state: Any = None
            for _ in range(2):
                state = module(x, state)
                found += state if isinstance(state, tuple) else (state,)
            return found
        state = fixed(module.initial_state(len(x)))
        for _ in range(2):
            y, state = module.step(x, state)
            found.append(y)
    return found


def fixed(state: Any) -> Any:
    """The addresses of random bits are drawn anew for each initial state, and nothing hangs on them here."""
    return state._replace(row_seed=state.row_seed * 0) if hasattr(state, "row_seed") else state


def column(way: Way, rows: list[Subject] = ROWS) -> Way:
    """Make a column of ``way``: it changes a module, or gives another in its place."""

    def does(subject: Subject) -> None:
        for batch in (1, 6):
            module = subject.module()
            x = torch.randn(batch, FEATURES, generator=torch.Generator().manual_seed(batch))
            before = steps_of(module, x)
            module = way(module) or module
            after = steps_of(module, x)
            with kernels.use("reference"):
                wanted = steps_of(module, x)
            assert_same(after, wanted)
            assert not torch.allclose(after[0], before[0].to(after[0].dtype), atol=1e-4), "nothing changed"

    does.__name__ = way.__name__
    FAMILY(rows)(does)
    return way


def others(module: nn.Module) -> list[Tensor]:
    """Numbers to write in place of the parameters'."""
    generator = torch.Generator().manual_seed(7)
    return [p.detach() + torch.randn(p.shape, generator=generator).to(p.dtype) / 2 for p in module.parameters()]


def optimise(module: nn.Module, make: Callable[..., torch.optim.Optimizer], **options: Any) -> None:
    optimiser = make(module.parameters(), lr=0.5, **options)
    for parameter in module.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(3)).to(parameter.dtype)
    optimiser.step()


@column
def adam(module: nn.Module) -> None:
    optimise(module, torch.optim.Adam, foreach=False)


@column
def foreach_adam(module: nn.Module) -> None:
    optimise(module, torch.optim.Adam, foreach=True)


@column
def fused_adam(module: nn.Module) -> None:
    optimise(module, torch.optim.Adam, fused=True)


@column
def fused_sgd(module: nn.Module) -> None:
    optimise(module, torch.optim.SGD, fused=True)


@column
def fused_function_called_directly(module: nn.Module) -> None:
    parameters = [parameter.detach() for parameter in module.parameters()]
    gradients = [torch.ones_like(parameter) for parameter in parameters]
    torch._fused_sgd_(
        parameters,
        gradients,
        [],
        weight_decay=0.0,
        momentum=0.0,
        lr=0.5,
        dampening=0.0,
        nesterov=False,
        maximize=False,
        is_first_step=True,
    )


@column
def in_place_without_gradients(module: nn.Module) -> None:
    with torch.no_grad():
        for parameter, other in zip(module.parameters(), others(module), strict=True):
            parameter.copy_(other)


@column
def in_inference_mode(module: nn.Module) -> None:
    with torch.inference_mode():
        for parameter in module.parameters():
            parameter.add_(0.5)


@column
def data_in_place(module: nn.Module) -> None:
    for parameter, other in zip(module.parameters(), others(module), strict=True):
        parameter.data.copy_(other)


@column
def data_replaced(module: nn.Module) -> None:
    for parameter, other in zip(module.parameters(), others(module), strict=True):
        parameter.data = other


@column
def data_transposed(module: nn.Module) -> None:
    """Numbers that lie column by column."""
    for parameter, other in zip(module.parameters(), others(module), strict=True):
        parameter.data = other.mT.contiguous().mT if other.ndim > 1 else other


@column
def numpy_view(module: nn.Module) -> None:
    for parameter, other in zip(module.parameters(), others(module), strict=True):
        parameter.detach().numpy()[...] = other.numpy()


@column
def dlpack(module: nn.Module) -> None:
    for parameter, other in zip(module.parameters(), others(module), strict=True):
        np.from_dlpack(parameter.detach())
        torch.utils.dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(parameter.detach())).copy_(other)


@column
def bytes_at_the_address(module: nn.Module) -> None:
    for parameter, other in zip(module.parameters(), others(module), strict=True):
        ctypes.memmove(parameter.data_ptr(), other.contiguous().data_ptr(), other.nbytes)


@column
def storage(module: nn.Module) -> None:
    for parameter, other in zip(module.parameters(), others(module), strict=True):
        parameter.untyped_storage().copy_(other.contiguous().untyped_storage())


@column
def set_to_another_storage(module: nn.Module) -> None:
    with torch.no_grad():
        for parameter, other in zip(module.parameters(), others(module), strict=True):
            parameter.set_(other)


@column
def vector(module: nn.Module) -> None:
    vector_to_parameters(parameters_to_vector(others(module)), module.parameters())


@column
def flat_buffer(module: nn.Module) -> None:
    """All parameters are views of one vector, which others write."""
    flat = parameters_to_vector(module.parameters()).detach()
    vector_to_parameters(flat, module.parameters())
    steps_of(module, torch.ones(1, FEATURES))
    flat += 0.5


@column
def freed_and_given_out_again(module: nn.Module) -> None:
    """Another weight takes the place in memory of one that is gone."""
    new = others(module)
    for parameter in module.parameters():
        parameter.data = torch.empty(0, dtype=parameter.dtype)
    for parameter, other in zip(module.parameters(), new, strict=True):
        parameter.data = other.clone()


@column
def another_precision(module: nn.Module) -> None:
    module.double() if next(module.parameters()).dtype == torch.float32 else module.float()
    data_in_place(module)


@column
def state_dict(module: nn.Module) -> None:
    new = dict(zip((name for name, _ in module.named_parameters()), others(module), strict=True))
    module.load_state_dict(new, strict=False)


@column
def state_dict_assigned(module: nn.Module) -> None:
    new = dict(zip((name for name, _ in module.named_parameters()), others(module), strict=True))
    module.load_state_dict(new, strict=False, assign=True)


@column
def new_parameters(module: nn.Module) -> None:
    new = dict(zip((name for name, _ in module.named_parameters()), others(module), strict=True))
    for name, tensor in new.items():
        owner, _, leaf = name.rpartition(".")
        setattr(module.get_submodule(owner), leaf, nn.Parameter(tensor))


@column
def swapped_tensors(module: nn.Module) -> None:
    for parameter, other in zip(module.parameters(), others(module), strict=True):
        torch.utils.swap_tensors(parameter, nn.Parameter(other))


@column
def another_thread(module: nn.Module) -> None:
    thread = threading.Thread(target=data_in_place, args=(module,))
    thread.start()
    thread.join()


@column
def copied_and_changed(module: nn.Module) -> nn.Module:
    """``copy.copy`` shares the modules below, and a change of either is one of both."""
    twin = copy.copy(module)
    data_in_place(module)
    return twin


@column
def copied_and_replaced(module: nn.Module) -> nn.Module:
    """What a shallow copy is given does not reach the first."""
    x = torch.ones(2, FEATURES)
    wanted, twin = steps_of(module, x), copy.copy(module)
    twin._modules, twin._parameters = dict(module._modules), dict(module._parameters)
    other = pickle.loads(pickle.dumps(module))
    new_parameters(other)
    twin._modules.update(other._modules)
    twin._parameters.update(other._parameters)
    assert_same(steps_of(module, x), wanted)
    return twin


@column
def deep_copy(module: nn.Module) -> nn.Module:
    twin = copy.deepcopy(module)
    data_in_place(twin)
    return twin


@column
def replica(module: nn.Module) -> nn.Module:
    """As torch's DataParallel makes them: its weights are attributes."""
    copies = {one: one._replicate_for_data_parallel() for one in module.modules()}
    new = dict(zip(module.parameters(), others(module), strict=True))
    for one, twin in copies.items():
        for name, child in one._modules.items():
            twin._modules[name] = None if child is None else copies[child]
        for name, parameter in one._parameters.items():
            if parameter is not None:
                setattr(twin, name, new[parameter])
            else:
                twin._parameters[name] = None
    twin = copies[module]
    twin.parameters = lambda: iter(new.values())  # a replica has none by name
    return twin


@pytest.fixture(scope="module")
def writer() -> Any:
    """Another process, which writes a number to all of a shared memory."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_write, args=(theirs,))
    process.start()
    yield ours
    ours.send(None)
    process.join()


def _write(pipe: Any) -> None:
    while (task := pipe.recv()) is not None:
        name, kind, count = task
        memory = SharedMemory(name)
        numbers = np.ndarray(count, kind, buffer=memory.buf)
        numbers += 0.5
        del numbers
        memory.close()
        pipe.send("done")


@pytest.mark.parametrize("subject", ROWS, ids=lambda subject: subject.name)
def test_another_process(subject: Subject, writer: Any) -> None:
    """As in Hogwild: parameters in shared memory, trained by others."""
    module = subject.module()
    count = sum(parameter.numel() for parameter in module.parameters())
    kind = str(next(module.parameters()).dtype).removeprefix("torch.")
    memory = SharedMemory(create=True, size=8 * count)
    try:
        flat = torch.frombuffer(memory.buf, dtype=getattr(torch, kind), count=count)
        flat.copy_(parameters_to_vector(module.parameters()).detach())
        vector_to_parameters(flat, module.parameters())
        x = torch.randn(2, FEATURES)
        before = steps_of(module, x)
        writer.send((memory.name, kind, count))
        writer.recv()
        after = steps_of(module, x)
        with kernels.use("reference"):
            assert_same(after, steps_of(module, x))
        assert not torch.allclose(after[0], before[0], atol=1e-4)
    finally:
        vector_to_parameters(flat.clone(), module.parameters())
        del flat
        gc.collect()
        memory.close()
        memory.unlink()


def weights_shared(module: Recurrent) -> Recurrent:
    """``b.weights = a.weights``, then a change of a's."""
    other = pickle.loads(pickle.dumps(module))
    steps_of(other, torch.ones(1, FEATURES))
    other.weights = module.weights
    data_in_place(module)
    return other


def one_map_replaced(module: Recurrent) -> None:
    """A map of the equations comes from another layer, and is then changed there."""
    other = pickle.loads(pickle.dumps(module))
    data_in_place(other)
    for name, child in other.weights.named_children():
        setattr(module.weights, name, child)
    steps_of(module, torch.ones(1, FEATURES))
    data_in_place(other)


def maps_tied(module: Recurrent) -> None:
    """Weights of one shape are one tensor."""
    first: dict[torch.Size, nn.Parameter] = {}
    for child in module.weights.children():
        for name, parameter in list(child.named_parameters()):
            setattr(child, name, first.setdefault(parameter.shape, parameter))
    data_in_place(module)


for way in (weights_shared, one_map_replaced, maps_tied):
    column(way, PARTS)


@FAMILY(ROWS)
def functional_call(subject: Subject) -> None:
    """Weights that stand in for a call; then the module's own again."""
    module, x = subject.module(), torch.randn(2, FEATURES)
    before = steps_of(module, x)
    new = dict(zip((name for name, _ in module.named_parameters()), others(module), strict=True))
    with torch.nn.utils.stateless._reparametrize_module(module, new):
        found = steps_of(module, x)
        with kernels.use("reference"):
            assert_same(found, steps_of(module, x))
    assert_same(steps_of(module, x), before)
    assert not torch.allclose(found[0], before[0], atol=1e-4)


@pytest.mark.parametrize(("column", "subject"), FAMILY.cells())
def test_cell(column: Column, subject: Subject) -> None:
    check(column, subject)


def test_steps_are_compiled() -> None:
    """What is tested above is the compiled step, in every row."""
    for subject in ROWS:
        with kernels.watch() as choices:
            steps_of(subject.module(), torch.randn(2, FEATURES))
        steps = [choice.kernel for choice in choices if choice.work == "a step without gradients"]
        assert steps, subject.name
        assert {*steps} == {"cpu"}, subject.name
