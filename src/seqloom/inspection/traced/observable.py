"""What an estimator must say, so that it can be looked into like a module."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from torch import nn

__all__ = ["Observable", "Reading"]


class Reading(NamedTuple):
    """A ``module``, and what runs it once over all rows of some data, in their order.

    ``steps`` says what each step of each row stands for, in words; it is empty where steps have no names.
    """

    module: nn.Module
    run: Callable[[], Any]
    steps: Sequence[Sequence[str]] = ()


@runtime_checkable
class Observable(Protocol):
    """An estimator that has learned."""

    def observable(self, X: Any, y: Any = None) -> Reading:
        """How its module reads ``X``; ``y`` is for tasks that write a text, what it is made to write."""
