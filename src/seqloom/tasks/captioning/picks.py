"""Settings that suit what is to be put into words, for all that is not given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from seqloom.tasks.sequences.picks import cell_for

__all__ = ["kind_of", "pick_settings"]

_FEWEST, _MOST = 4, 60
_LARGEST_BATCH: Final = 32


class _Pick(NamedTuple):
    """What sees, about how many updates it wants, and the dropout.

    Cells do not hear of each other (``norm=cell``), so that a word looks at the one that it names. Dropout keeps
    combinations from being learned as wholes. Cells of videos are larger, for each sees the frames about its own.
    """

    sees: str
    updates: int
    dropout: float


_PICKS: Final = {
    "example": _Pick("project(128)", 4000, 0.3),
    "picture": _Pick("grid(64, cell={cell}, norm=cell)", 5000, 0.5),
    "video": _Pick("grid(128, cell={twice}, norm=cell, frames=5)", 2500, 0.1),
}


def kind_of(facts: Mapping[str, Any]) -> str:
    """What one example is: a picture, a video, or an example of features."""
    if facts["inputs"].get("picture") is None:
        return "example"
    return "video" if facts["size"]["frames"] > 1 else "picture"


def pick_settings(facts: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by key for examples of which ``facts`` are known, beside those that were given.

    >>> size = {"captions": 5000, "frames": 1}
    >>> pick_settings({"inputs": {"picture": {"height": 64, "width": 64}}, "size": size}, {})["model"]
    'grid(64, cell=8, norm=cell) -> bahdanau(128, summary=mean)'
    """
    pick, captions = _PICKS[kind_of(facts)], facts["size"]["captions"]
    picture = facts["inputs"].get("picture") or {"height": 1, "width": 1}
    cell = cell_for(picture["height"], picture["width"])
    batch = next(rows for rows in (8, 16, _LARGEST_BATCH) if rows >= min(captions / 100, _LARGEST_BATCH))
    return {
        "model": f"{pick.sees.format(cell=cell, twice=2 * cell)} -> bahdanau(128, summary=mean)",
        "embedding": 64,
        "dropout": pick.dropout,
        "label_smoothing": 0.0,
        "noise": 0.05,
        "learning_rate": 2e-3,
        "batch_size": batch,
        "epochs": min(_MOST, max(_FEWEST, round(pick.updates * given.get("batch_size", batch) / captions))),
    }
