"""Whether torch is transforming what runs, so that only ordinary torch operations will do."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch._C._functorch import maybe_current_level
from torch.autograd import forward_ad

__all__ = ["UNDER_TRANSFORM", "may_transform", "under_transform"]

UNDER_TRANSFORM = "a torch.func transform or forward-mode derivative is under way"


def may_transform() -> bool:
    """Whether functorch or forward-mode AD is at work; torch has no public way to ask for the former."""
    return maybe_current_level() is not None or forward_ad._current_level >= 0


def under_transform(tensors: Sequence[Tensor]) -> bool:
    """Whether functorch wraps this call, or forward-mode AD one of ``tensors``."""
    if not may_transform():
        return False
    if maybe_current_level() is not None:
        return True
    return any(forward_ad.unpack_dual(tensor).tangent is not None for tensor in tensors)
