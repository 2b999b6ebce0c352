"""Settings that suit the data, for all that is not given: few examples, a small model, more passes, more dropout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["pick_settings"]


class _Pick(NamedTuple):
    model: str
    embedding: int | None
    dropout: float
    word_dropout: float | None
    learning_rate: float
    noise: float | None = None


_SERIES = _Pick("gru(64) bidirectional + pool(last)", None, 0.5, None, 4e-3, noise=0.4)
_SOUNDS = _Pick("conv(96, causal=false) + 2*gru(96) bidirectional + pool(mean)", None, 0.4, None, 3e-3)
_LETTERS = _Pick("gru(128) bidirectional + pool(last)", 64, 0.3, 0.0, 4e-3)
_WORDS = _Pick("gru(128) bidirectional + pool(max)", 100, 0.5, 0.2, 2e-3)
_WIDE = "words", "symbols", "bpe"
_BATCHES = 128
"""Of an epoch, about; so batches are of 16 examples up to 128."""
_UPDATES = 1600
"""About as many are wanted of a small set; of a large one an epoch has more."""
_FEWEST, _MOST = 5, 60


def pick_settings(facts: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by key for data of which ``facts`` are known, beside those that were given.

    >>> facts = {"inputs": {"vocabulary": {"kind": "words"}}, "size": {"examples": 9600, "width": None}}
    >>> picked = pick_settings(facts, {})
    >>> picked["batch_size"], picked["epochs"], picked["embedding"]
    (64, 11, 100)
    """
    size, vocabulary = facts["size"], facts["inputs"].get("vocabulary")
    of_sounds = "sound" in facts["inputs"]
    if vocabulary is None:
        pick = _SOUNDS if of_sounds else _SERIES
    else:
        pick = _WORDS if vocabulary["kind"] in _WIDE else _LETTERS
    found = {name: value for name, value in pick._asdict().items() if value is not None}
    if of_sounds:
        found["augment"] = 1.0
    if size["width"] is not None:
        found["embedding"] = size["width"]
    found["batch_size"] = next(
        rows for rows in (16, 32, 64, 128) if rows >= min(size["examples"] / _BATCHES * 0.75, 128)
    )
    rows = given.get("batch_size", found["batch_size"])
    found["epochs"] = min(_MOST, max(_FEWEST, round(_UPDATES * rows / size["examples"])))
    return found
