"""Settings that suit the data, for all that is not given: few examples, a small model, more passes, more dropout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["pick_settings"]


class _Pick(NamedTuple):
    model: str
    embedding: int | None
    dropout: float
    word_dropout: float
    learning_rate: float


_SERIES = _Pick("gru(64) bidirectional + pool(mean)", None, 0.3, 0.0, 4e-3)
_LETTERS = _Pick("lstm(128) bidirectional + pool(max)", 64, 0.5, 0.0, 4e-3)
_WORDS = _Pick("lstm(128) bidirectional + pool(max)", 100, 0.5, 0.2, 2e-3)
_WIDE = "words", "symbols", "bpe"
_UPDATES = 2500
"""About as many are wanted of a small set; of a large one an epoch has more."""
_FEWEST, _MOST = 6, 60


def pick_settings(facts: Mapping[str, Any], batch_size: int) -> dict[str, Any]:
    """Settings by key for data of which ``facts`` are known.

    >>> facts = {"inputs": {"vocabulary": {"kind": "words"}}, "size": {"examples": 9600, "width": None}}
    >>> picked = pick_settings(facts, batch_size=32)
    >>> picked["epochs"], picked["embedding"]
    (8, 100)
    """
    size, vocabulary = facts["size"], facts["inputs"].get("vocabulary")
    pick = _SERIES if vocabulary is None else _WORDS if vocabulary["kind"] in _WIDE else _LETTERS
    found = {name: value for name, value in pick._asdict().items() if value is not None}
    if size["width"] is not None:
        found["embedding"] = size["width"]
    found["epochs"] = min(_MOST, max(_FEWEST, round(_UPDATES * batch_size / size["examples"])))
    return found
