"""One tag for each step of a row."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.data.batch import IGNORED, Batch
from seqloom.layers.random_field import ConditionalRandomField
from seqloom.training.objectives.objective import Objective, Sums, total, wide

__all__ = ["Tags", "best_tags"]


class Tags(Objective[Batch]):
    """−ln p(tags) for each real tag, for modules from x (B, T, …) and its lengths to scores (B, T, K).

    A module that has a random field, ``module.field``, is scored by whole rows (Lafferty, McCallum & Pereira, 2001),
    another one (None, or no such name) by each tag alone: cross-entropy. ``targets`` (B, T) are IGNORED beyond each
    row's length and wherever there is none; a tag below 0 that is not IGNORED counts, but the module cannot know it: it
    costs nothing, and nothing is right there. Also measured: ``accuracy``, which is watched.

    >>> from seqloom.layers import StepHead
    >>> class Scores(StepHead):
    ...     field = ConditionalRandomField(3)
    >>> batch = Batch({"x": torch.zeros(1, 2, 4)}, torch.tensor([[0, 2]]), {"x": torch.tensor([2])})
    >>> Tags().weight(batch), Tags().loss(Scores(4, 3), batch, None)[0].shape
    (2, torch.Size([]))
    """

    counted = "tags"
    watched = "accuracy"
    higher_is_better = True

    def weight(self, batch: Batch) -> int:
        """The real tags."""
        return int(batch.targets.ne(IGNORED).sum())

    def loss(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Tensor, Any]:
        """The mean nats of a tag; nothing is handed on."""
        return self._loss(module, module(batch.x, batch.length), batch), None

    @torch.no_grad()
    def sums(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Sums, Any]:
        """Tags, loss, and tags that are right, and whatever a subclass counts."""
        scores = module(batch.x, batch.length)
        return self.counts(module, scores, best_tags(module, scores, batch.length), batch), None

    def counts(self, module: nn.Module, scores: Tensor, predicted: Tensor, batch: Batch) -> Sums:
        """The sums, from the scores (B, T, K) and the tags (B, T) that are predicted."""
        weight = torch.tensor(self.weight(batch), dtype=torch.float64)
        right = (predicted == batch.targets).sum().cpu().double()
        return {"weight": weight, "loss": total(self._loss(module, scores, batch), weight), "right": right}

    def figures(self, sums: Sums) -> dict[str, float]:
        """Loss and accuracy."""
        return super().figures(sums) | {"accuracy": float(sums["right"] / sums["weight"])}

    def _loss(self, module: nn.Module, scores: Tensor, batch: Batch) -> Tensor:
        field = _field(module)
        if field is None:
            known = torch.where(batch.targets < 0, IGNORED, batch.targets)
            nats = functional.cross_entropy(wide(scores).mT, known, ignore_index=IGNORED, reduction="none")
        else:
            nats = field(wide(scores), batch.targets, batch.length)
        return nats.sum() / self.weight(batch)


def best_tags(module: nn.Module, scores: Tensor, lengths: Tensor | None) -> Tensor:
    """The likeliest tags (B, T) by the module's random field, or where it has none, one by one; any beyond a row."""
    field = _field(module)
    return scores.argmax(-1) if field is None else field.best(wide(scores), lengths)


def _field(module: nn.Module) -> ConditionalRandomField | None:
    found: ConditionalRandomField | None = getattr(module, "field", None)
    return found
