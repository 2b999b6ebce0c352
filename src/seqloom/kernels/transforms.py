"""What torch does with the code that runs: tracing, faking, transforming. Its private parts are asked here alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor
from torch._C import (
    DispatchKey,
    _dispatch_tls_is_dispatch_key_included,
    _is_tracing,
    _len_torch_dispatch_stack,
    _SetExcludeDispatchKeyGuard,
)
from torch._C._dynamo.guards import TensorGuards
from torch._C._functorch import (
    get_unwrapped,
    is_batchedtensor,
    is_functorch_wrapped_tensor,
    is_legacy_batchedtensor,
    maybe_current_level,
)
from torch._higher_order_ops.scan import scan
from torch._subclasses.fake_tensor import FakeTensor
from torch._subclasses.functional_tensor import FunctionalTensor
from torch.autograd import forward_ad
from torch.compiler import is_compiling
from torch.nn import Parameter
from torch.nn.utils._expanded_weights import ExpandedWeight
from torch.utils._pytree import _register_namedtuple

from seqloom.errors import UsageError

__all__ = [
    "UNDER_TRANSFORM",
    "are_expanded",
    "constant",
    "differentiable_inside",
    "forward_mode",
    "is_batched",
    "is_foreign",
    "is_quiet",
    "is_seen",
    "is_traced_for_others",
    "known_to_torch",
    "left_to_torch",
    "may_transform",
    "sameness",
    "scan",
    "under_transform",
]

UNDER_TRANSFORM = "a torch.func transform or forward-mode derivative is under way"
Kind = TypeVar("Kind", bound=type)
Function = TypeVar("Function", bound=Callable[..., object])
PLAIN = frozenset({Tensor, Parameter})
STAND_INS = frozenset({FakeTensor, FunctionalTensor})
"""What torch puts in the place of tensors while it traces."""


def may_transform() -> bool:
    """Whether functorch or forward-mode AD is at work; torch has no public way to ask for the former."""
    return maybe_current_level() is not None or forward_ad._current_level >= 0


def forward_mode() -> str | None:
    """That a derivative is taken forwards, which operations with a way back of their own have none of, or None."""
    return "a forward-mode derivative is under way" if forward_ad._current_level >= 0 else None


def is_batched(tensor: Tensor) -> bool:
    """Whether ``tensor`` stands for several, whose numbers are not to be had: under vmap, or ``is_grads_batched``."""
    while is_functorch_wrapped_tensor(tensor) and not is_batchedtensor(tensor):
        tensor = get_unwrapped(tensor)
    return is_batchedtensor(tensor) or is_legacy_batchedtensor(tensor)


def under_transform(tensors: Sequence[Tensor]) -> bool:
    """Whether functorch wraps this call, or forward-mode AD one of ``tensors``."""
    if not may_transform():
        return False
    if maybe_current_level() is not None:
        return True
    return any(forward_ad.unpack_dual(tensor).tangent is not None for tensor in tensors)


def is_seen(tensors: Iterable[Tensor]) -> bool:
    """Whether somebody looks at torch's operations: a tracer, a mode, a tensor of another class or without numbers.

    Machine code would pass all of them by.
    """
    return (
        is_compiling()
        or _is_tracing()
        or _len_torch_dispatch_stack() > 0
        or _dispatch_tls_is_dispatch_key_included(DispatchKey.PreDispatch)
        or maybe_current_level() is not None
        or not all(type(tensor) in PLAIN and not tensor.is_meta for tensor in tensors)
    )


def is_quiet() -> bool:
    """Whether no dispatch mode and no forward-mode derivative is at work: what ``sameness`` does not see."""
    return not _len_torch_dispatch_stack() and forward_ad._current_level < 0


def sameness(tensors: Sequence[Tensor], rows: int) -> Callable[..., bool]:
    """A quick check whether other tensors are like these, by what torch's compiler guards its code with.

    It holds for tensors of the same classes, formats, places, shapes and strides that are as plain as these, under the
    same transforms, autocast and tracers; where one of these stands twice, one is to stand twice there. The first
    ``rows`` tensors may be single rows that lie anywhere.
    """
    first: dict[int, int] = {}
    firsts = [first.setdefault(id(tensor), k) for k, tensor in enumerate(tensors)]
    once = sorted(first.values())
    sizes = [list(tensors[k].shape) for k in once]
    strides: list[list[int | None]] = [list(tensors[k].stride()) for k in once]
    for k, size, stride in zip(once, sizes, strides, strict=True):
        if k < rows and size[0] == 1:
            stride[0] = None
    check: Callable[..., bool] = TensorGuards(
        *(tensors[k] for k in once),
        dynamic_dims_sizes=sizes,  # type: ignore[arg-type]  # torch's stubs want one list for all
        dynamic_dims_strides=strides,  # type: ignore[arg-type]
    ).check
    if len(once) == len(tensors):
        return check

    def check_with_twins(*others: Tensor) -> bool:
        twins = all(other is others[k] for other, k in zip(others, firsts, strict=True))
        return twins and check(*(others[k] for k in once))

    return check_with_twins


def is_foreign(tensors: Iterable[Tensor]) -> bool:
    """Whether one of ``tensors`` is of a class with rules of its own, neither torch's plain one nor its stand-ins."""
    return not all(type(tensor) in PLAIN or type(tensor) in STAND_INS for tensor in tensors)


def are_expanded(tensors: Iterable[Tensor]) -> bool:
    """Whether some are ``ExpandedWeight``: torch's gradients of each sample, for operations of a list."""
    return any(isinstance(tensor, ExpandedWeight) for tensor in tensors)


def left_to_torch(tensors: Sequence[Tensor]) -> str | None:
    """Why only torch's operations will do, one by one, or None: a transform, or tensors with rules of their own."""
    if under_transform(tensors):
        return UNDER_TRANSFORM
    if not is_foreign(tensors):
        return None
    names = ", ".join(sorted({type(tensor).__name__ for tensor in tensors if is_foreign((tensor,))}))
    if are_expanded(tensors):
        raise UsageError(
            "ExpandedWeights know the operations of a list, and a recurrence is not on it. "
            "Gradients of each sample come from torch.func.vmap(torch.func.grad(…))."
        )
    return f"a {names} has rules of its own"


def constant(function: Function) -> Function:
    """A function whose result a compiler takes for a constant, instead of tracing it.

    That is torch.compiler.assume_constant_result, which would import the compiler for it (seconds).
    """
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return function


@contextmanager
def differentiable_inside() -> Iterator[None]:
    """Autograd inside an operator, where torch has switched it off."""
    with torch.enable_grad(), _SetExcludeDispatchKeyGuard(DispatchKey.AutogradFunctionality, False):
        yield


def is_traced_for_others() -> bool:
    """Whether ``torch.jit`` writes a program down, for those who may have torch's operators and not ours."""
    return not is_compiling() and _is_tracing()


def known_to_torch(kind: Kind, name: str | None = None) -> Kind:
    """``kind``, a named tuple, which programs of ``torch.export`` may now take and return, under its ``name``."""
    _register_namedtuple(kind, serialized_type_name=name or f"{kind.__module__}.{kind.__qualname__}")
    return kind
