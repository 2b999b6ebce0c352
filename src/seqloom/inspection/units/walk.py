"""A model step by step, with its whole state looked at, or changed, after each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from seqloom.inspection.state_vectors import check_of_one_size, state_vectors, states_from_vectors
from seqloom.layers.protocol import CausalLayer

__all__ = ["Change", "walk"]

Change = Callable[[Tensor], Tensor]
"""State vectors (B, S) → those to go on from."""


def walk(
    model: CausalLayer, x: Tensor, change: Change | None = None, state: Any = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """For each step of x (B, T, …) what the model says, (B, K), and its state after it as vectors (B, S).

    ``change`` is made to the state after each step, before the next reads it; what the model says of a step is said
    before the change. The model is asked in evaluation. UsageError for one without a state of one size.

    >>> from seqloom.cells import Elman
    >>> from seqloom.layers import Recurrent
    >>> [vectors.shape for _, vectors in walk(Recurrent(Elman, 2, 3), torch.zeros(1, 2, 2))]
    [torch.Size([1, 3]), torch.Size([1, 3])]
    """
    model.eval()
    state = model.initial_state(len(x)) if state is None else state
    check_of_one_size(model, state)
    for step in range(x.shape[1]):
        with torch.no_grad():
            said, state = model.step(x[:, step], state)
            vectors = state_vectors(state)
            if change is not None:
                vectors = change(vectors)
                state = states_from_vectors(state, vectors)
        yield said, vectors
