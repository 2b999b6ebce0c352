"""Settings that suit the data, for all that is not given: few examples, a small model, more passes, more dropout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["cell_for", "pick_settings"]


class _Pick(NamedTuple):
    model: str
    embedding: int | None
    dropout: float
    word_dropout: float | None
    learning_rate: float
    noise: float | None = None


_SERIES = _Pick("gru(64) bidirectional + pool(last)", None, 0.5, None, 4e-3, noise=0.4)
_SOUNDS = _Pick("conv(96, causal=false) + 2*gru(96) bidirectional + pool(mean)", None, 0.4, None, 3e-3)
_PICTURES = _Pick("grid(64, cell={}) + pool(max)", None, 0.3, None, 3e-3, noise=0.1)
_LETTERS = _Pick("gru(128) bidirectional + pool(last)", 64, 0.3, 0.0, 4e-3)
_WORDS = _Pick("gru(128) bidirectional + pool(max)", 100, 0.5, 0.2, 2e-3)
_WIDE = "words", "symbols", "bpe"
_SIDES = "height", "width"
_LARGEST_CELL = 16
_BATCHES = 128
"""Of an epoch, about; so batches are of 16 examples up to 128."""
_UPDATES = 1600
"""About as many are wanted of a small set; of a large one an epoch has more."""
_FEWEST, _MOST = 5, 60


def _pick(inputs: Mapping[str, Any]) -> _Pick:
    """What suits one kind of inputs."""
    if "vocabulary" in inputs:
        return _WORDS if inputs["vocabulary"]["kind"] in _WIDE else _LETTERS
    if "picture" in inputs:
        return _PICTURES._replace(model=_PICTURES.model.format(cell_for(*map(inputs["picture"].get, _SIDES))))
    return _SOUNDS if "sound" in inputs else _SERIES


def cell_for(height: int, width: int) -> int:
    """Pixels a side of the cells of a picture, so that the shorter side has about six to twelve.

    >>> cell_for(8, 8), cell_for(28, 28), cell_for(64, 48)
    (1, 4, 8)
    """
    return max(1, min(_LARGEST_CELL, 1 << max(min(height, width) // 6, 1).bit_length() - 1))


def pick_settings(facts: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by key for data of which ``facts`` are known, beside those that were given.

    >>> facts = {"inputs": {"vocabulary": {"kind": "words"}}, "size": {"examples": 9600, "width": None}}
    >>> picked = pick_settings(facts, {})
    >>> picked["batch_size"], picked["epochs"], picked["embedding"]
    (64, 11, 100)
    """
    size = facts["size"]
    found = {name: value for name, value in _pick(facts["inputs"])._asdict().items() if value is not None}
    if "sound" in facts["inputs"]:
        found["augment"] = 1.0
    if size["width"] is not None:
        found["embedding"] = size["width"]
    found["batch_size"] = next(
        rows for rows in (16, 32, 64, 128) if rows >= min(size["examples"] / _BATCHES * 0.75, 128)
    )
    rows = given.get("batch_size", found["batch_size"])
    found["epochs"] = min(_MOST, max(_FEWEST, round(_UPDATES * rows / size["examples"])))
    return found
