"""What a model of music minimises, and how often it is right."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.data.batch import Batch
from seqloom.data.notes.rolls import KEYS
from seqloom.tasks.music.network import MusicNetwork
from seqloom.training.objectives import Objective, Sums
from seqloom.training.objectives.objective import total, wide

__all__ = ["StepKeys", "nats_of", "right_keys"]


class StepKeys(Objective[Batch]):
    """−ln p of the keys of a step, for :class:`MusicNetwork`; the inputs are what is to be said, too.

    Also measured: ``accuracy``, of all keys that sound or are said to the share that are both: TP / (TP + FP + FN), the
    frame-level accuracy of Bay, Ehmann & Downie (2009), where the likeliest keys are said.
    """

    unit = "nats"
    counted = "steps"

    def weight(self, batch: Batch) -> int:
        """The real steps."""
        return int(_real(batch).sum())

    def loss(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Tensor, Any]:
        """The mean nats of a step; nothing is handed on."""
        nats = nats_of(wide(module(batch.x, batch.length)), batch.x[..., :KEYS])
        real = _real(batch)
        return torch.where(real, nats, 0.0).sum() / real.sum().clamp_min(1), None

    @torch.no_grad()
    def sums(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Sums, Any]:
        """Steps, nats, keys that are right, and keys that sound or are said."""
        assert isinstance(module, MusicNetwork)
        real = _real(batch)
        y, keys = module.features(batch.x, batch.length)[:, :-1], batch.x[..., :KEYS]
        nats = nats_of(wide(module.head(y, keys)), keys)
        right, either = right_keys(module.head.likeliest(y)[real], keys[real])
        weight = torch.tensor(self.weight(batch), dtype=torch.float64)
        mean = torch.where(real, nats, 0.0).sum() / weight.clamp_min(1).to(nats)
        return {"weight": weight, "loss": total(mean, weight), "right": right, "either": either}, None

    def figures(self, sums: Sums) -> dict[str, float]:
        """Loss and accuracy."""
        return super().figures(sums) | {"accuracy": float(sums["right"] / sums["either"].clamp_min(1))}


def nats_of(scores: Tensor, keys: Tensor) -> Tensor:
    """Scores and keys (…, K) → −ln p of all keys together (…)."""
    return functional.binary_cross_entropy_with_logits(scores, keys.to(scores), reduction="none").sum(-1)


def right_keys(said: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """How many keys are said and sound, and how many are said or sound.

    >>> [int(one) for one in right_keys(torch.tensor([1.0, 1, 0]), torch.tensor([1.0, 0, 0]))]
    [1, 2]
    """
    both, either = said * keys, (said + keys).clamp_max(1)
    return both.sum().cpu().double(), either.sum().cpu().double()


def _real(batch: Batch) -> Tensor:
    steps, length = batch.x.shape[1], batch.length
    real = torch.arange(steps, device=batch.x.device)
    return real < (torch.full((batch.size,), steps) if length is None else length).to(real)[:, None]
