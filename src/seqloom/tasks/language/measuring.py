"""Measure a model on a stream of text, exactly, in the conditions that it was trained in."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from seqloom.data import Lanes, TokenStream
from seqloom.errors import DataError
from seqloom.tasks.language.evaluation import Evaluation
from seqloom.tasks.language.files import Fitted
from seqloom.tasks.memory import steps_at_once
from seqloom.training.evaluation import Watch, Watched, evaluate
from seqloom.training.objectives import NextToken

__all__ = ["measure", "score_in_time"]

_WINDOW = 512
_LONGEST_LANE = 1 << 20
_LANES = 16
_DOCUMENT_ROWS = 32
_BLOCK = 1 << 22
_FIRST_TRY = 1 << 12


def measure(
    fitted: Fitted, stream: TokenStream, watch: Watch | None = None, longest_lane: int = _LONGEST_LANE
) -> Evaluation:
    """Predict every token of ``stream`` once; of a model that learned no ends, not the ends.

    Documents with a state of their own run side by side, which changes nothing. A stream whose state is
    carried runs as one row; beyond ``longest_lane`` tokens as 16, which the record says.
    """
    model, vocabulary, baselines, boundaries, *_ = fitted
    reset = boundaries.reset
    lanes = 1 if reset or len(stream) <= longest_lane else _LANES
    rows = min(_DOCUMENT_ROWS, stream.documents) if reset else lanes
    batches = Lanes(stream, rows, steps_at_once(rows, vocabulary.size, _WINDOW), boundaries)
    if not len(batches):
        raise DataError("There is no text to measure the model on.")
    found = evaluate(NextToken(), model, batches if watch is None else Watched(batches, watch))
    if not found["weight"]:
        raise DataError("There is no text to measure the model on.")
    return Evaluation(
        tokens=int(found["weight"]),
        characters=stream.characters,
        nats=float(found["loss"]),
        unknown_share=_unknown_share(stream, vocabulary.unk),
        lanes=lanes,
        baselines=baselines.nats_per_token(stream.ids, None if boundaries.ends else stream.eos),
    )


def score_in_time(
    stream: TokenStream, seconds: float, score: Callable[[TokenStream], Evaluation]
) -> tuple[Evaluation, int]:
    """The score of as much of ``stream`` as can be read in about so many seconds, and its tokens, at least 4,096.

    A first part is scored to see how long that takes, then a longer one from the beginning.
    """
    began = time.monotonic()
    first = stream.first(_FIRST_TRY)
    found = score(first)
    spent = max(time.monotonic() - began, 1e-6)
    affordable = int(_FIRST_TRY * (seconds - spent) / spent)
    if len(first) == len(stream) or affordable <= len(first):
        return found, len(first)
    longer = stream.first(affordable)
    return score(longer), len(longer)


def _unknown_share(stream: TokenStream, unknown: int | None) -> float:
    if unknown is None:
        return 0.0
    targets = stream.targets
    blocks = (targets[at : at + _BLOCK] for at in range(0, len(targets), _BLOCK))
    return sum(int(np.count_nonzero(block == unknown)) for block in blocks) / len(targets)
