"""What is to be learned."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import nn

from seqloom.data.batch import Batches, Epoch
from seqloom.training.objectives.objective import Objective

__all__ = ["Problem"]


class Problem(NamedTuple):
    """``module`` is to do well by ``objective`` on ``batches``, and is judged on ``validation``, if there is one."""

    module: nn.Module
    objective: Objective[Any]
    batches: Batches
    validation: Epoch | None = None
