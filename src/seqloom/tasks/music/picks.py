"""Settings of training that suit the size of a collection of music."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["picks_for"]

_UPDATES: Final = 800
_FEWEST: Final = 8
_SEMITONES: Final = 5


def picks_for(pieces: int, in_one_key: bool) -> dict[str, Any]:
    """Few pieces make small batches, and are read more often; pieces in one key stay there.

    >>> picks_for(pieces=230, in_one_key=True)
    {'transpose': 0, 'batch_size': 8, 'learning_rate': 0.01, 'averaging': 0.3, 'epochs': 28}
    """
    rows = next(rows for rows in (2, 4, 8) if rows >= min(pieces / 32, 8))
    epochs = max(_FEWEST, round(_UPDATES * rows / pieces))
    transpose = 0 if in_one_key else _SEMITONES
    return {"transpose": transpose, "batch_size": rows, "learning_rate": 1e-2, "averaging": 0.3, "epochs": epochs}
