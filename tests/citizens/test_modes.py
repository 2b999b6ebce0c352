"""Modes that stand around a call, and tensors that are none of torch's plain ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.tensor import DTensor, Replicate, distribute_module, distribute_tensor
from torch.nn.utils._per_sample_grad import call_for_per_sample_grads
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from seqloom.errors import SeqloomWarning
from tests.citizens.subjects import CELLS, DROP_INS, LAYERS, SUBJECTS, Subject, tensors_of
from tests.citizens.table import Column, Family, assert_same, both_ways, check, refused

FAMILY = Family()


def shapes(tensors: list[Tensor]) -> list[tuple[Any, ...]]:
    return [(tuple(tensor.shape), tensor.dtype) for tensor in tensors]


@FAMILY(SUBJECTS)
def fake_tensors(subject: Subject) -> None:
    wanted = shapes(subject.run(subject.module(), subject.x()))
    with FakeTensorMode():
        assert shapes(subject.run(subject.make(), torch.empty(subject.x().shape))) == wanted


@FAMILY(SUBJECTS)
def fake_tensors_trained(subject: Subject) -> None:
    with FakeTensorMode():
        module = subject.make()
        found = both_ways(subject.run, module, torch.empty(subject.x().shape))
    wanted = both_ways(subject.run, subject.module(), subject.x())
    assert [None if one is None else one.shape for one in found] == [
        None if one is None else one.shape for one in wanted
    ]


@FAMILY(SUBJECTS)
def on_no_device(subject: Subject) -> None:
    wanted = shapes(subject.run(subject.module(), subject.x()))
    module = subject.module().to("meta")
    found = subject.run(module, subject.x().to("meta"))
    assert shapes(found) == wanted
    assert all(tensor.is_meta for tensor in found)


class Watching(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        self.seen.append(function)
        return function(*arguments, **(named or {}))


@FAMILY(SUBJECTS)
def watched_by_a_mode(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    with Watching() as mode:
        found = both_ways(subject.run, module, x)
    assert mode.seen
    assert_same(found, both_ways(subject.wanted, module, x))


class Wrapped(Tensor):
    """A tensor with rules of its own: it holds another, and every operation comes by."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> Wrapped:
        made = torch.Tensor._make_wrapper_subclass(cls, inner.shape, strides=inner.stride(), dtype=inner.dtype)
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        opened = torch.utils._pytree.tree_map_only(Wrapped, lambda one: one.inner, (arguments, named or {}))
        done = function(*opened[0], **opened[1])
        return torch.utils._pytree.tree_map_only(Tensor, Wrapped, done)


@FAMILY(SUBJECTS)
def inputs_of_another_class(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    with torch.no_grad():
        found = subject.run(module, Wrapped(x))
        assert_same([one.inner for one in found if isinstance(one, Wrapped)] or found, subject.wanted(module, x))


@FAMILY(SUBJECTS)
def weights_of_another_class(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    with torch.no_grad():
        wanted = subject.wanted(module, x)
        weights = {name: Wrapped(weight.detach()) for name, weight in module.named_parameters()}
        found = tensors_of(torch.func.functional_call(module, weights, (x,)))
        assert_same([one.inner if isinstance(one, Wrapped) else one for one in found], wanted)


@contextmanager
def one_process() -> Iterator[DeviceMesh]:
    """A mesh of this process alone."""
    torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
    try:
        yield init_device_mesh("cpu", (1,))
    finally:
        torch.distributed.destroy_process_group()


MIXED = [
    "mlstm",
    "retnet",
    "gla",
    "mamba2",
    "deltanet",
    "gated-deltanet",
    "attention",
    "transformer",
    "CausalSelfAttention",
    "SelfAttention",
]
MIXED += ["attention to a window", "TransformerDecoder", "GRU", "GRUCell"]
"""They make masks, places or zeros of their own, which torch does not mix with distributed tensors."""


@FAMILY(SUBJECTS, refuses=[subject for subject in SUBJECTS if subject.name in MIXED])
def distributed_tensors(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    wanted = both_ways(subject.wanted, module, x)
    with one_process() as mesh:
        module = distribute_module(module, mesh)
        try:
            found = both_ways(subject.run, module, distribute_tensor(x, mesh, [Replicate()]))
        except RuntimeError as error:
            raise refused(error, r".*(got mixed torch.Tensor and DTensor|does not have a sharding strategy)") from error
        assert_same([one.to_local() if isinstance(one, DTensor) else one for one in found], wanted)


@FAMILY(SUBJECTS)
def operations_are_counted(subject: Subject) -> None:
    module, x = subject.module(), subject.x(4, 20)
    with FlopCounterMode(display=False) as counted, torch.no_grad():
        subject.run(module, x)
    matrices = sum(weight.numel() for name, weight in module.named_parameters() if weight.ndim >= 2)
    assert counted.get_total_flops() >= 2 * matrices


@FAMILY(SUBJECTS)
def autocast(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    for gradients in (True, False):
        with torch.set_grad_enabled(gradients):
            exact = subject.run(module, x)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                found = subject.run(module, x)
                formats = [one.dtype for one in subject.run(torchs(module), x)] if subject.steps else None
        assert_same([one.float() for one in found], exact, 0.15)
        assert formats in (None, [one.dtype for one in found])


def torchs(module: nn.Module) -> nn.Module:
    """torch's own module with the same weights."""
    return module.__prepare_scriptable__() if hasattr(module, "__prepare_scriptable__") else module


@FAMILY(SUBJECTS)
def inference_mode_first(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    for mode in (torch.inference_mode, torch.no_grad, torch.inference_mode, torch.enable_grad):
        with mode():
            found = subject.run(module, x)
        assert_same([one.detach() for one in found], [one.detach() for one in subject.wanted(module, x)])


@FAMILY(SUBJECTS)
def no_grad_first(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    for mode in (torch.no_grad, torch.enable_grad, torch.inference_mode, torch.no_grad):
        with mode():
            found = subject.run(module, x)
        assert_same([one.detach() for one in found], [one.detach() for one in subject.wanted(module, x)])


@FAMILY([subject for subject in LAYERS if hasattr(subject.module(), "step")])
def steps_through_modes(subject: Subject) -> None:
    module, x = subject.module().eval(), subject.x()
    with torch.no_grad():
        wanted = subject.run(module, x)[0]
        state = module.initial_state(len(x))
    for t, mode in enumerate([torch.inference_mode, torch.no_grad, torch.inference_mode, torch.no_grad, torch.no_grad]):
        with mode():
            y, state = module.step(x[:, t], state)
        assert_same([y.clone()], [wanted[:, t]])


@FAMILY(SUBJECTS)
def on_a_default_device(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    with torch.device("cpu"):
        found = both_ways(subject.run, module, x)
    assert_same(found, both_ways(subject.wanted, module, x))


@FAMILY([*DROP_INS, *CELLS])
def quantised_or_said(subject: Subject) -> None:
    module = nn.Sequential(subject.module())
    with pytest.warns(SeqloomWarning, match="Quantise a model with torch's own"):
        quantised = torch.ao.quantization.quantize_dynamic(module)
    assert_same(subject.run(quantised, subject.x()), subject.wanted(module, subject.x()))


NATIVE = "RNN", "GRU", "SelfAttention", "esn", "retnet", "front end with a stride"
REFUSING = [subject for subject in SUBJECTS if subject.name not in NATIVE]


@FAMILY([subject for subject in SUBJECTS if subject.name != "esn"], refuses=REFUSING)
def expanded_weights(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    try:
        found = call_for_per_sample_grads(module, batch_size=len(x))(x)
    except RuntimeError as error:
        raise refused(error, r"Expanded Weights encountered but cannot handle function") from error
    tensors_of(found)[0].sum().backward()
    y, weights = subject.wanted(module, x)[0], list(module.parameters())
    for k, row in enumerate(y):
        gradients = torch.autograd.grad(row.sum(), weights, retain_graph=True)
        assert_same([weight.grad_sample[k] for weight in weights], gradients)


@pytest.mark.parametrize(("column", "subject"), FAMILY.cells())
def test_cell(column: Column, subject: Subject) -> None:
    check(column, subject)
