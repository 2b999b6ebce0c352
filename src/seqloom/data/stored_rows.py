"""Rows of whole numbers: in memory, or, where they are many, in a file without a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor

from seqloom.data.lazy_rows import LazyRows
from seqloom.data.unnamed import Unnamed

__all__ = ["stored_rows"]

_MOST: Final = 1 << 19
"""Numbers that are kept in memory."""
_SIZE: Final = 4


def stored_rows(rows: Iterable[Tensor], most: int = _MOST) -> Sequence[Tensor]:
    """Rows (T,) of numbers that fit into 32 bits, as int64; of more than ``most`` numbers each is read when it is asked
    for. Raises StorageError where the disk refuses.

    >>> rows = [torch.tensor([1, 2, 3]), torch.tensor([4])]
    >>> [row.tolist() for row in stored_rows(iter(rows), most=2)]
    [[1, 2, 3], [4]]
    """
    held, count = list[Tensor](), 0
    rest = iter(rows)
    for row in rest:
        held.append(row)
        count += len(row)
        if count > most:
            break
    else:
        return held
    file, lengths = Unnamed("the tokens of the examples", None), list[int]()
    for part in (held, rest):
        for row in part:
            file.write(row.numpy().astype(np.int32).tobytes())
            lengths.append(len(row))
    held.clear()
    begins = np.cumsum([0, *lengths], dtype=np.int64)

    def read(place: int) -> Tensor:
        data = file.at(_SIZE * int(begins[place]), _SIZE * lengths[place])
        return torch.from_numpy(np.frombuffer(data, np.int32).astype(np.int64))

    return LazyRows(read, lengths)
