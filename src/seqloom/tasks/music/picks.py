"""Settings of training that suit the size of a collection of music."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["picks_for"]

_STEPS: Final = 1_500_000
"""Steps of music that training reads, over all epochs."""
_MOST: Final = 100
_SEMITONES: Final = 5


def picks_for(pieces: int, steps: int, in_one_key: bool) -> dict[str, Any]:
    """Few pieces make small batches, and are read more often; pieces in one key stay there.

    >>> picks_for(pieces=30, steps=3_000, in_one_key=True)
    {'transpose': 0, 'batch_size': 2, 'learning_rate': 0.01, 'averaging': 0.3, 'epochs': 100}
    """
    rows = next(rows for rows in (2, 4, 8) if rows >= min(pieces / 32, 8))
    epochs = max(5, min(_MOST, round(_STEPS / max(1, steps))))
    transpose = 0 if in_one_key else _SEMITONES
    return {"transpose": transpose, "batch_size": rows, "learning_rate": 1e-2, "averaging": 0.3, "epochs": epochs}
