"""Whether torch is transforming the present call, so that only ordinary torch operations will do."""

from __future__ import annotations

import torch
from torch.autograd import forward_ad

from seqloom.kernels.call import Call

__all__ = ["under_transform"]


def under_transform(call: Call) -> bool:
    """Whether functorch or forward-mode AD wraps this call; torch has no public way to ask for the former."""
    if torch._C._functorch.maybe_current_level() is not None:
        return True
    if forward_ad._current_level < 0:
        return False
    tensors = (call.x, *call.states, *call.parameters.values())
    return any(forward_ad.unpack_dual(tensor).tangent is not None for tensor in tensors)
