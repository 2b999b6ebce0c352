"""Tags whose spans are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn

from seqloom.data.batch import IGNORED, Batch
from seqloom.tasks.tagging.schemes import OUTSIDE, Scheme, Span
from seqloom.training.objectives.objective import Sums
from seqloom.training.objectives.tags import Tags

__all__ = ["UNSEEN", "UNSEEN_SPAN", "SpanTags"]

UNSEEN: Final = -1
"""The target of a tag that was not seen in training."""
UNSEEN_SPAN: Final = -2
"""The same where a span begins."""


class SpanTags(Tags):
    """Tags of spans, with ``names`` in a ``scheme``: also ``precision``, ``recall`` and ``f1``, which is watched.

    A span counts as right where its type, beginning and end are: strictly, as seqeval's mode of that name has it, over
    all spans together (micro) and for each type (``f1 of X``). A span of a type that was never seen is missed. What is
    a share of nothing is 0, as in seqeval.
    """

    watched = "f1"

    def __init__(self, names: Sequence[str], scheme: Scheme) -> None:
        self.names, self.scheme = tuple(names), scheme
        self.types = sorted({name.partition("-")[2] for name in names if name != OUTSIDE})

    def counts(self, module: nn.Module, scores: Tensor, predicted: Tensor, batch: Batch) -> Sums:
        """The sums of :class:`Tags`, and ``spans``: for each type, and then for unseen ones, how many are right,
        predicted, and true."""
        spans = torch.zeros(len(self.types) + 1, 3, dtype=torch.float64)
        for row, targets in zip(predicted.tolist(), batch.targets.tolist(), strict=True):
            length = len(targets) - targets.count(IGNORED)
            said, true = self._spans(row[:length]), self._spans(targets[:length])
            for column, found in enumerate((said & true, said, true)):
                for span in found:
                    spans[self.types.index(span.type), column] += 1
            spans[-1, 2] += targets.count(UNSEEN_SPAN)
        return {**super().counts(module, scores, predicted, batch), "spans": spans}

    def figures(self, sums: Sums) -> dict[str, float]:
        """Loss, accuracy, precision, recall, F1, and the F1 of each type that came or was predicted."""
        by_type = sums["spans"]
        right, predicted, true = by_type.sum(0).tolist()
        found = {"precision": _share(right, predicted), "recall": _share(right, true), "f1": _f1(by_type.sum(0))}
        each = zip(self.types, by_type[:-1], strict=True)
        return super().figures(sums) | found | {f"f1 of {kind}": _f1(counts) for kind, counts in each}

    def _spans(self, tags: Sequence[int]) -> set[Span]:
        return set(self.scheme.spans([self.names[tag] if tag >= 0 else OUTSIDE for tag in tags]))


def _f1(counts: Tensor) -> float:
    right, predicted, true = counts.tolist()
    return _share(2 * right, predicted + true)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
