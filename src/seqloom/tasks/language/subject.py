"""A language model, as an inspection looks at it: windows of a text, of each of which the last token is predicted."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from seqloom.data import TokenStream
from seqloom.data.batch import IGNORED, Batch
from seqloom.errors import DataError
from seqloom.tasks.inspecting.subject import Subject
from seqloom.tasks.language.files import Fitted
from seqloom.training.objectives import NextToken

__all__ = ["subject_of"]

_ROWS, _STEPS = 128, 256
_LEAST = 2


def subject_of(fitted: Fitted, stream: TokenStream) -> Subject:
    """Up to 128 windows of 256 tokens, spread evenly; fewer of a short text. DataError for one without two tokens."""
    model, vocabulary = fitted.model, fitted.vocabulary
    ids = torch.from_numpy(np.asarray(stream.targets, dtype=np.int64))
    if len(ids) < _LEAST:
        raise DataError(f"Expected a text of {_LEAST} tokens or more, got {len(ids)}.")
    steps = min(_STEPS, len(ids) - 1)
    rows = max(1, min(_ROWS, (len(ids) - 1) // steps))
    begins = np.linspace(0, len(ids) - 1 - steps, rows).astype(int).tolist()
    x = torch.stack([ids[begin : begin + steps] for begin in begins])
    targets = torch.full_like(x, IGNORED)
    targets[:, -1] = ids[[begin + steps for begin in begins]]
    batches = [Batch({"x": part}, at) for part, at in zip(x.split(32), targets.split(32), strict=True)]
    objective = NextToken()
    model.eval()

    def loss(batch: Batch) -> Tensor:
        return objective.loss(model, batch, None)[0]

    def pieces(row: int) -> list[str]:
        return [vocabulary.piece(token) for token in x[row].tolist()]

    return Subject(model, batches, pieces, vocabulary.piece, loss, objective.unit)
