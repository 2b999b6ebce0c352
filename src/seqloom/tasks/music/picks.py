"""Settings of training that suit the size of a collection of music."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["picks_for", "picks_for_events"]

_UPDATES: Final = 800
_FEWEST: Final = 8
_SEMITONES: Final = 5
_LARGE: Final = 50_000
"""Steps from which on so much need not be dropped."""


def picks_for(pieces: int, steps: int, in_one_key: bool) -> dict[str, Any]:
    """Few or long pieces make small batches; few are read more often, and more of them is dropped; pieces in one key
    stay there.

    >>> small, large = picks_for(230, 13_800, in_one_key=True), picks_for(690, 176_000, in_one_key=False)
    >>> small["transpose"], small["dropout"], small["batch_size"], small["epochs"]
    (0, 0.5, 8, 28)
    >>> large["transpose"], large["dropout"], large["batch_size"], large["epochs"]
    (5, 0.2, 4, 8)
    """
    wanted = min(8.0, pieces / 32, 1000 * pieces / steps)
    rows = next(rows for rows in (2, 4, 8) if rows >= wanted)
    dropout, input_dropout = (0.5, 0.2) if steps < _LARGE else (0.2, 0.0)
    return {
        "transpose": 0 if in_one_key else _SEMITONES,
        "dropout": dropout,
        "input_dropout": input_dropout,
        "batch_size": rows,
        "learning_rate": 1e-2,
        "averaging": 0.3,
        "epochs": max(_FEWEST, round(_UPDATES * rows / pieces)),
    }


def picks_for_events(pieces: int, events: int, in_one_key: bool) -> dict[str, Any]:
    """The same for events, which are several for each step.

    >>> picks_for_events(60, 30_000, in_one_key=False)["epochs"]
    27
    """
    rows = 4
    return {
        "transpose": 0 if in_one_key else _SEMITONES,
        "dropout": 0.3 if events < 4 * _LARGE else 0.1,
        "batch_size": rows,
        "learning_rate": 5e-3,
        "averaging": 0.3,
        "epochs": max(_FEWEST, round(_UPDATES * rows / (2 * pieces))),
    }
