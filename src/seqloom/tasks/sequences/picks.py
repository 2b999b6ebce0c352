"""Settings that suit the data, for all that is not given: few examples, a small model, more passes, more dropout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["pick_settings"]


class _Pick(NamedTuple):
    """What is set, and about how many updates a small set wants; of a large one an epoch has more."""

    updates: int
    settings: Mapping[str, Any]


_SERIES = _Pick(
    1600,
    {"model": "gru(64) bidirectional + pool(last)", "dropout": 0.5, "learning_rate": 4e-3, "noise": 0.4},
)
_LETTERS = _Pick(
    1600,
    {
        "model": "gru(128) bidirectional + pool(last)",
        "embedding": 64,
        "dropout": 0.3,
        "word_dropout": 0.0,
        "learning_rate": 4e-3,
    },
)
_WORDS = _Pick(
    1100,
    {
        "model": "gru(64) bidirectional + pool(max)",
        "embedding": 100,
        "dropout": 0.5,
        "word_dropout": 0.3,
        "learning_rate": 2e-3,
    },
)
_WIDE = "words", "symbols", "bpe"
_BATCHES = 128
"""Of an epoch, about; so batches are of 16 examples up to 128."""
_FEWEST, _MOST = 5, 60
_STEPS = 20_000_000
"""Steps that are read in all, at most, once the fewest epochs are done: long examples take long."""


def pick_settings(facts: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by key for data of which ``facts`` are known, beside those that were given.

    >>> size = {"examples": 9600, "steps": 200_000, "width": None}
    >>> picked = pick_settings({"inputs": {"vocabulary": {"kind": "words"}}, "size": size}, {})
    >>> picked["batch_size"], picked["epochs"], picked["embedding"]
    (64, 7, 100)
    """
    size, vocabulary = facts["size"], facts["inputs"].get("vocabulary")
    pick = _SERIES if vocabulary is None else _WORDS if vocabulary["kind"] in _WIDE else _LETTERS
    found = dict(pick.settings)
    if size["width"] is not None:
        found["embedding"] = size["width"]
    found["batch_size"] = next(
        rows for rows in (16, 32, 64, 128) if rows >= min(size["examples"] / _BATCHES * 0.75, 128)
    )
    rows = given.get("batch_size", found["batch_size"])
    wanted = min(_MOST, round(pick.updates * rows / size["examples"]), _STEPS // size["steps"])
    return found | {"epochs": max(_FEWEST, wanted)}
