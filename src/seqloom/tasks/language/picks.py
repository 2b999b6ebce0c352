"""Settings that nobody gave, picked by the size of the file: small text, small model, more passes.

The figures come from runs on two CPU cores; each size takes from seconds up to about half an hour there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from seqloom.training.settings import LIMITS

__all__ = ["pick_defaults"]


class _Pick(NamedTuple):
    below: float
    model: str
    dropout: float
    batch_size: int
    window: int
    learning_rate: float
    limit: tuple[str, int]
    evaluate_every: int | None = None


_PICKS = (
    _Pick(2e3, "lstm(32)", 0.0, 1, 16, 4e-3, ("epochs", 60)),
    _Pick(2e4, "lstm(64)", 0.1, 4, 32, 4e-3, ("epochs", 40)),
    _Pick(2e5, "lstm(128)", 0.2, 16, 64, 4e-3, ("epochs", 30)),
    _Pick(6e5, "lstm(256)", 0.2, 16, 64, 4e-3, ("epochs", 12)),
    _Pick(3e6, "lstm(256)", 0.1, 32, 128, 4e-3, ("epochs", 10)),
    _Pick(3e7, "lstm(512)", 0.1, 32, 128, 2e-3, ("minutes", 30), 1000),
    _Pick(float("inf"), "lstm(512)", 0.0, 32, 128, 2e-3, ("minutes", 60), 1000),
)
_PATIENCE = 5
_VOCABULARY = {"words": 50_000, "symbols": 50_000, "bpe": 4096}
_LOGITS_BYTES = 200 << 20


def pick_defaults(size: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings for what was not given, for a text of ``size`` bytes.

    >>> pick_defaults(300_000, {"model": "gru(64)", "minutes": 2.0})["batch_size"]
    16
    >>> picked = pick_defaults(300_000, {"model": "gru(64)", "minutes": 2.0})
    >>> "model" in picked, "epochs" in picked, pick_defaults(300_000, {})["epochs"]
    (False, False, 12)
    """
    picked = next(pick for pick in _PICKS if size < pick.below)._asdict()
    (limit, most), evaluate_every, _ = map(picked.pop, ("limit", "evaluate_every", "below"))
    if given.get("validation") != 0:
        picked["patience"] = _PATIENCE
        picked |= {"evaluate_every": evaluate_every} if evaluate_every else {}
    if not any(one in given for one in LIMITS):
        picked[limit] = most
    picked |= _smaller_windows(size, {**picked, **given}, given)
    return {name: value for name, value in picked.items() if name not in given}


def _smaller_windows(size: int, settings: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, int]:
    """Halve what was not given of batch and window until the logits of a large vocabulary fit."""
    kind = settings.get("tokens", "characters")
    if kind not in _VOCABULARY:
        return {}
    vocabulary = min(given.get("vocabulary_size", _VOCABULARY[kind]), max(size // 4, 1))
    shape = {name: settings[name] for name in ("window", "batch_size")}
    while 4 * shape["batch_size"] * shape["window"] * vocabulary > _LOGITS_BYTES:
        longest = max(
            (name for name in shape if name not in given and shape[name] > 1), key=shape.__getitem__, default=""
        )
        if not longest:
            break
        shape[longest] //= 2
    return shape
