"""Which of how many processes this is, without importing torch."""

from __future__ import annotations

import os
from collections.abc import Mapping

__all__ = ["launched"]

_VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


def launched(environment: Mapping[str, str] = os.environ) -> tuple[int, int]:
    """The rank of this process and how many there are, as torchrun's variables say; (0, 1) without all of them.

    >>> launched({"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "here", "MASTER_PORT": "1234"})
    (1, 2)
    >>> launched({"WORLD_SIZE": "2"})
    (0, 1)
    """
    if not all(environment.get(name) for name in _VARIABLES):
        return 0, 1
    return int(environment["RANK"]), int(environment["WORLD_SIZE"])
