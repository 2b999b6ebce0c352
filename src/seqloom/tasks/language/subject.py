"""A language model, as an inspection looks at it: windows of a text, of each of which the last token is predicted."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from seqloom.data import TokenStream
from seqloom.data.batch import IGNORED, Batch
from seqloom.errors import DataError
from seqloom.tasks.inspecting.subject import Asked, Subject
from seqloom.tasks.language.files import Fitted
from seqloom.training.objectives import NextToken

__all__ = ["subject_of"]

_ROWS, _STEPS = 256, 256


def subject_of(fitted: Fitted, stream: TokenStream) -> Subject:
    """Up to 256 windows of 256 tokens, spread evenly, with the token after each to be predicted.

    A text of 256 tokens or fewer is one row, of which what comes after it is not known. DataError for one without any.
    """
    model, vocabulary = fitted.model.eval(), fitted.vocabulary
    ids = torch.from_numpy(np.asarray(stream.targets, dtype=np.int64))
    ids = ids[:-1] if len(ids) and int(ids[-1]) == vocabulary.eos else ids
    if not len(ids):
        raise DataError("There is no text to look at the model on.")
    windows = _windows(ids)
    x, following = windows if windows is not None else (ids[None], None)
    targets = torch.full_like(x, IGNORED)
    if following is not None:
        targets[:, -1] = following
    batches = [Batch({"x": part}, at) for part, at in zip(x.split(32), targets.split(32), strict=True)]
    objective = NextToken()

    def loss(batch: Batch) -> Tensor:
        return objective.loss(model, batch, None)[0]

    def pieces(row: int) -> list[str]:
        return [vocabulary.piece(token) for token in x[row].tolist()]

    return Subject(
        model,
        batches,
        pieces,
        Asked(vocabulary.piece, what="likeliest next token"),
        None if following is None else loss,
        objective.unit,
    )


def _windows(ids: Tensor) -> tuple[Tensor, Tensor] | None:
    """Windows (B, T) of a text, and the token after each (B,); None where there is not more than one window."""
    if len(ids) <= _STEPS:
        return None
    rows = min(_ROWS, len(ids) - _STEPS)
    begins = np.linspace(0, len(ids) - 1 - _STEPS, rows).astype(int).tolist()
    x = torch.stack([ids[begin : begin + _STEPS] for begin in begins])
    return x, ids[[begin + _STEPS for begin in begins]]
