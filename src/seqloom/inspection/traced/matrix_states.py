"""What a matrix memory can show: its gates, its size and in how many directions, and the attention that it implies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from seqloom.inspection.traced.offers import Group, Offer
from seqloom.kernels.matrix_state import VALUES, Sequences

__all__ = ["effective_rank", "offers_of_matrix_state"]

LOGARITHM = "log_"


def offers_of_matrix_state(ran: Sequences) -> Iterator[Offer]:
    """The gates (B, T, N, …), the memory after every step and its summary, and the map of its values (B, N, T, T)."""
    values, matrix = ran.inputs[VALUES], ran.states[0]
    batch, time, heads = values.shape[:3]
    for name, gate in zip(ran.forms.gates, ran.inputs[VALUES + 1 :], strict=True):
        plain = name.removeprefix(LOGARITHM)
        make = torch.exp if plain != name else torch.clone
        yield Offer(plain, Group.GATES, tuple(gate.shape), gate.dtype, partial(make, gate))
    whole = (batch, time, *matrix.shape[1:])
    yield Offer("memory_norm", Group.STATES, whole[:3], matrix.dtype, lambda: _over_time(ran, _norm))
    yield Offer("memory_rank", Group.STATES, whole[:3], matrix.dtype, lambda: _over_time(ran, effective_rank))
    yield Offer("memory", Group.MEMORY, whole, matrix.dtype, lambda: _over_time(ran, torch.clone))
    shape = (batch, heads, time, time)
    yield Offer("implicit_attention", Group.IMPLICIT, shape, values.dtype, lambda: _implied(ran), (2, 3))


def _over_time(ran: Sequences, look: Callable[[Tensor], Tensor]) -> Tensor:
    """``look`` at the matrix after every step, by the equation itself."""
    state, found = ran.state, []
    for inputs in zip(*(sequence.unbind(1) for sequence in ran.inputs), strict=True):
        _, state = ran.forms.step(*inputs, state)
        found.append(look(state if isinstance(state, Tensor) else state[0]))
    return torch.stack(found, 1) if found else look(ran.states[0])[:, None][:, :0]


def _norm(matrix: Tensor) -> Tensor:
    size: Tensor = torch.linalg.matrix_norm(matrix)
    return size


def effective_rank(matrix: Tensor) -> Tensor:
    """exp(-Σ p log p), p the singular values of (…, K, V) as shares of their sum (Roy & Vetterli, 2007); 0 of nothing.

    >>> round(effective_rank(torch.eye(3)).item(), 4)
    3.0
    """
    sizes = torch.linalg.svdvals(matrix.double())
    total = sizes.sum(-1, keepdim=True)
    shares = sizes / total.where(total > 0, 1.0)
    rank = torch.special.entr(shares).sum(-1).exp()
    return torch.where(total.squeeze(-1) > 0, rank, 0.0).to(matrix.dtype)


def _implied(ran: Sequences) -> Tensor:
    """A (B, N, T, T) with y_i = Σ_{j≤i} A_ij v_j: what the memory gives where step j writes the j-th unit vector.

    It is linear in its values, whatever it forgets and corrects; what a first state adds is left out.
    """
    values = ran.inputs[VALUES]
    batch, time, heads = values.shape[:3]
    unit_vectors = torch.eye(time).to(values)[None, :, None].expand(batch, time, heads, time)
    inputs = [*ran.inputs[:VALUES], unit_vectors, *ran.inputs[VALUES + 1 :]]
    matrix, *rest = ran.states
    empty = matrix.new_zeros(*matrix.shape[:-1], time)
    y, _ = ran.forms(*inputs, state=ran.forms.together(empty, *rest))
    return y.transpose(1, 2).tril()
