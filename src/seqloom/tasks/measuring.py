"""Measure a model on a stream of text, exactly, in the conditions that it was trained in."""

from __future__ import annotations

import numpy as np

from seqloom.data import Lanes, Start, Stream
from seqloom.errors import DataError
from seqloom.tasks.evaluation import Evaluation
from seqloom.tasks.generation import is_one_stream
from seqloom.tasks.language_files import Fitted
from seqloom.tasks.memory import steps_at_once
from seqloom.tasks.texts import Progress, document_count
from seqloom.training.evaluation import Watched, evaluate

__all__ = ["measure"]

_WINDOW = 512
_LONGEST_LANE = 1 << 20
_LANES = 16
_DOCUMENT_ROWS = 32
_BLOCK = 1 << 22


def measure(
    fitted: Fitted, stream: Stream, start: Start, progress: Progress | None = None, longest_lane: int = _LONGEST_LANE
) -> Evaluation:
    """Predict every token of ``stream`` once; of a model that learned no ends, not the ends.

    Documents with a state of their own run side by side, which changes nothing. A stream whose state is
    carried runs as one row; beyond ``longest_lane`` tokens as 16, which the record says.
    """
    model, vocabulary, baselines, reset, *_ = fitted
    if not len(stream):
        raise DataError("There is no text to measure the model on.")
    lanes = 1 if reset or len(stream) <= longest_lane else _LANES
    rows = min(_DOCUMENT_ROWS, document_count(stream)) if reset else lanes
    ends = not is_one_stream(vocabulary, baselines)
    batches = Lanes(stream, rows, steps_at_once(rows, vocabulary.size, _WINDOW), reset, start, ends)
    found = evaluate(model, batches if progress is None else Watched(batches, progress))
    return Evaluation(
        tokens=found.tokens,
        characters=stream.characters,
        nats=found.nats,
        unknown_share=_unknown_share(stream, vocabulary.unk),
        lanes=lanes,
        baselines=baselines.nats_per_token(stream.ids, None if ends else stream.eos),
    )


def _unknown_share(stream: Stream, unknown: int | None) -> float:
    if unknown is None:
        return 0.0
    targets = stream.targets
    blocks = (targets[at : at + _BLOCK] for at in range(0, len(targets), _BLOCK))
    return sum(int(np.count_nonzero(block == unknown)) for block in blocks) / len(targets)
