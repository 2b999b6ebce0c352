"""What decoding asks of a model: one step, and a choice of rows of its state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

__all__ = ["Select", "Step"]

Step = Callable[[Tensor, Any], tuple[Tensor, Any]]
"""``logits (B, V), state = step(tokens (B,), state)``."""

Select = Callable[[Any, Tensor], Any]
"""``state = select(state, rows)``: row k of the result is row ``rows[k]`` of the argument."""
