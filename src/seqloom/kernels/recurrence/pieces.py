"""Parameters that are pieces of one tensor, such as the gates of torch's stacked weights, saved as that tensor.

So it is saved once, and whoever watches it (its version, ``allow_mutation_on_saved_tensors``) sees that it is needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

__all__ = ["Piece", "cut", "join"]


class Piece(NamedTuple):
    """Where a tensor lies in the one at ``position``: all of it where ``strides`` is None."""

    position: int
    shape: tuple[int, ...] = ()
    strides: tuple[int, ...] | None = None
    offset: int = 0


def join(tensors: Sequence[Tensor]) -> tuple[list[Tensor], tuple[Piece, ...]]:
    """The tensors that ``tensors`` are pieces of, where these cover them, and what piece each is."""
    covered: Counter[int] = Counter()
    for tensor in tensors:
        covered[id(tensor._base)] += tensor.numel()
    wholes: dict[int, Tensor] = {}
    positions: dict[int, int] = {}
    pieces = []
    for tensor in tensors:
        base = tensor._base
        joins = base is not None and base.is_contiguous() and covered[id(base)] == base.numel()
        owner = base if base is not None and joins else tensor
        position = positions.setdefault(id(owner), len(positions))
        wholes[position] = owner
        offset = int(tensor.storage_offset() - owner.storage_offset())
        pieces.append(Piece(position, tuple(tensor.shape), tensor.stride(), offset) if joins else Piece(position))
    return list(wholes.values()), tuple(pieces)


def cut(wholes: Sequence[Tensor], pieces: Sequence[Piece]) -> list[Tensor]:
    """The tensors again."""
    whole = [wholes[piece.position] for piece in pieces]
    return [
        tensor
        if piece.strides is None
        else tensor.contiguous().as_strided(piece.shape, piece.strides, tensor.storage_offset() + piece.offset)
        for tensor, piece in zip(whole, pieces, strict=True)
    ]
