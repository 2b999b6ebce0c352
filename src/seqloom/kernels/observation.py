"""Whoever looks at what runs: each piece of work as it is done, and quantities that a layer shows beside it.

The one place that all recurrences, matrix states and attentions go through is the choice of a kernel, so one observer
there sees every architecture. Nobody looks as a rule; then a look costs one question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from torch import Tensor
from torch.compiler import is_compiling

from seqloom.cells.graph import Graph
from seqloom.kernels.backend import Kernel, Result, Work
from seqloom.kernels.call import States
from seqloom.kernels.policy import PRESENT, present

__all__ = ["Observer", "Quantity", "note", "observe"]

Quantity = Tensor | Callable[[], Tensor]


class Observer(Protocol):
    """What is told of all that runs inside ``observe``; it changes no number."""

    def do(self, kernel: Kernel[Work, Result], work: Work) -> Result:
        """Do ``work`` by ``kernel``, and look at it."""

    def stepped(
        self, graph: Graph, x: Tensor, states: States, parameters: Mapping[str, Tensor], done: tuple[Tensor, States]
    ) -> None:
        """A step of ``graph`` was done: x (B, D) and the states (B, H) gave y and the new states."""

    def note(self, name: str, value: Quantity) -> None:
        """A layer shows ``value`` (B, T, …), or (B, …) of a single step, or what makes a (B, T, …) if it is wanted."""


@contextmanager
def observe(observer: Observer) -> Iterator[None]:
    """Let ``observer`` look at everything that runs inside the ``with`` block, in this thread."""
    token = PRESENT.set(replace(present(), observer=observer))
    try:
        yield
    finally:
        PRESENT.reset(token)


def note(**quantities: Quantity) -> None:
    """Show quantities of a layer by their names; nothing is done where nobody looks.

    >>> import torch
    >>> note(output_gate=torch.zeros(1, 3, 4))
    """
    if not is_compiling() and (observer := present().observer) is not None:
        for name, value in quantities.items():
            observer.note(name, value)
