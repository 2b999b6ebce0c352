"""Settings that suit the data, for all that is not given: few examples, a small model, more passes, more dropout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["cell_for", "pick_settings"]


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
_SOUNDS = _Pick(
    1600,
    {
        "model": "conv(96, stride=2, causal=false) + gru(96) bidirectional + pool(mean)",
        "dropout": 0.4,
        "learning_rate": 3e-3,
        "augment": 1.0,
    },
)
_PICTURES = _Pick(
    1600,
    {"model": "grid(64, cell={}) + pool(max)", "dropout": 0.3, "learning_rate": 3e-3, "noise": 0.1},
)
_WIDE = "words", "symbols", "bpe"
_SIDES = "height", "width"
_LARGEST_CELL = 16
_BATCHES = 128
"""Of an epoch, about; so batches are of 16 examples up to 128."""
_FEWEST, _MOST = 5, 60
_STEPS = 20_000_000
"""Steps that are read in all, at most, once the fewest epochs are done: long examples take long."""


def _pick(inputs: Mapping[str, Any]) -> _Pick:
    """What suits one kind of inputs."""
    if "vocabulary" in inputs:
        return _WORDS if inputs["vocabulary"]["kind"] in _WIDE else _LETTERS
    if "picture" in inputs:
        model = _PICTURES.settings["model"].format(cell_for(*map(inputs["picture"].get, _SIDES)))
        return _PICTURES._replace(settings={**_PICTURES.settings, "model": model})
    return _SOUNDS if "sound" in inputs else _SERIES


def cell_for(height: int, width: int) -> int:
    """Pixels a side of the cells of a picture, so that the shorter side has about six to twelve.

    >>> cell_for(8, 8), cell_for(28, 28), cell_for(64, 48)
    (1, 4, 8)
    """
    return min(_LARGEST_CELL, 1 << max(1, min(height, width) // 6).bit_length() - 1)


def pick_settings(facts: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by key for data of which ``facts`` are known, beside those that were given.

    >>> size = {"examples": 9600, "steps": 200_000, "width": None}
    >>> picked = pick_settings({"inputs": {"vocabulary": {"kind": "words"}}, "size": size}, {})
    >>> picked["batch_size"], picked["epochs"], picked["embedding"]
    (64, 7, 100)
    """
    size, pick = facts["size"], _pick(facts["inputs"])
    found = dict(pick.settings)
    if size["width"] is not None:
        found["embedding"] = size["width"]
    found["batch_size"] = next(
        rows
        for rows in ((32, 64, 128) if "sound" in facts["inputs"] else (16, 32, 64, 128))
        if rows >= min(size["examples"] / _BATCHES * 0.75, 128)
    )
    rows = given.get("batch_size", found["batch_size"])
    wanted = min(_MOST, round(pick.updates * rows / size["examples"]), _STEPS // size["steps"])
    return found | {"epochs": max(_FEWEST, wanted)}
