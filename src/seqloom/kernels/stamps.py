"""What packed weights are remembered by, so that a change of the weights is seen.

That is each tensor's place in memory and version. Fused optimisers change weights without a new version, so the steps
that optimisers make are counted as well. Writes through ``.data`` leave no trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_post_hook

__all__ = ["Stamps", "stamps"]

Stamps = tuple[list[int], list[int], int]
ADDRESS, VERSION = Tensor.data_ptr, attrgetter("_version")

_OPTIMISED = [0]


def _count_step(*_: object) -> None:
    _OPTIMISED[0] += 1


register_optimizer_step_post_hook(_count_step)


def stamps(tensors: Sequence[Tensor]) -> Stamps:
    """The present stamps of ``tensors``."""
    return [*map(ADDRESS, tensors)], [*map(VERSION, tensors)], _OPTIMISED[0]
