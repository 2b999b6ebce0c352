"""Settings that suit the data, for all that is not given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["pick_settings"]

_BODY: Final = "norm(kind=layer) + 2*gru(128) bidirectional"
"""Without the norm the blank alone is learned for many hundred updates."""
_STRIDES: Final = ((8.0, "conv(96, stride=2) + conv(96, stride=2)"), (4.0, "conv(96, stride=2)"), (0.0, "conv(96)"))
"""How many steps the tightest example has for each that it needs, and the layers that leave twice as many."""
_BATCHES: Final = 64
_UPDATES: Final = 2000
_FEWEST, _MOST = 8, 80


def pick_settings(facts: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by key for data of which ``facts`` are known, beside those that were given.

    >>> picked = pick_settings({"inputs": {}, "size": {"examples": 2000, "steps": 10**6, "room": 4.0}}, {})
    >>> picked["model"], picked["batch_size"], picked["epochs"]
    ('conv(96, stride=2) + norm(kind=layer) + 2*gru(128) bidirectional', 32, 32)
    """
    size = facts["size"]
    before = next(layers for least, layers in _STRIDES if size["room"] >= least)
    rows = given.get("batch_size", next(rows for rows in (8, 16, 32) if rows >= min(size["examples"] / _BATCHES, 32)))
    return {
        "model": f"{before} + {_BODY}",
        "dropout": 0.2,
        **({"augment": 1.0} if "sound" in facts["inputs"] else {"noise": 0.1}),
        "learning_rate": 2e-3,
        "batch_size": rows,
        "epochs": min(_MOST, max(_FEWEST, round(_UPDATES * rows / size["examples"]))),
    }
