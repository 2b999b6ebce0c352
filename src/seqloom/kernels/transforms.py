"""Whether torch is transforming what runs, so that only ordinary torch operations will do."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch._C._functorch import (
    get_unwrapped,
    is_batchedtensor,
    is_functorch_wrapped_tensor,
    is_legacy_batchedtensor,
    maybe_current_level,
)
from torch.autograd import forward_ad

__all__ = ["UNDER_TRANSFORM", "is_batched", "may_transform", "under_transform"]

UNDER_TRANSFORM = "a torch.func transform or forward-mode derivative is under way"


def may_transform() -> bool:
    """Whether functorch or forward-mode AD is at work; torch has no public way to ask for the former."""
    return maybe_current_level() is not None or forward_ad._current_level >= 0


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
