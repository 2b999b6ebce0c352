"""A sequence of its own length for each row: a translation, a transcript, a caption."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.data.batch import IGNORED, Batch
from seqloom.errors import UsageError
from seqloom.models.encoder_decoder import EncoderDecoder, shifted
from seqloom.training.objectives.objective import Objective, Sums, total, wide

__all__ = ["FreeTargets"]


class FreeTargets(Objective[Batch]):
    """−ln p(target token), given the source and the true tokens before it (teacher forcing), for ``EncoderDecoder``.

    ``targets`` (B, T) are padded with IGNORED and count their end symbol. With ``smoothing`` s training gives 1 − s + s
    / V to the true token of V and s / V to the others (Szegedy et al., 2016); what is measured is not smoothed. With
    ``sampling``, a share of the given tokens is the likeliest of the model itself in their place (scheduled sampling;
    Bengio et al., 2015, in two passes over whole rows as Mihaylova & Martins, 2019): it grows from 0 with the module's
    buffer ``updates`` until there are ``over``. Also measured: ``accuracy`` of the tokens, and ``exact``, the share of
    rows whose tokens are all right: those that greedy decoding writes without a fault. ``watched`` is one of these or
    the loss. Raises UsageError for shares outside [0, 1).

    >>> sums = {"weight": 4.0, "loss": 2.0, "right": 3.0, "exact": 1.0, "rows": 2.0}
    >>> FreeTargets().figures({name: torch.tensor(value) for name, value in sums.items()})
    {'loss': 0.5, 'accuracy': 0.75, 'exact': 0.5}
    """

    counted = "tokens"

    def __init__(
        self,
        smoothing: float = 0.0,
        sampling: float = 0.0,
        over: int = 1000,
        watched: Literal["loss", "accuracy", "exact"] = "loss",
    ) -> None:
        for name, share in (("smoothing", smoothing), ("sampling", sampling)):
            if not 0 <= share < 1:
                raise UsageError(f"{name}: expected a share from 0 to below 1, got {share!r}.")
        self.smoothing, self.sampling, self.over = smoothing, sampling, over
        self.watched, self.higher_is_better = watched, watched != "loss"

    def weight(self, batch: Batch) -> int:
        """The real targets, ends counted."""
        return int(batch.targets.ne(IGNORED).sum())

    def loss(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Tensor, Any]:
        """The mean over the real targets; nothing is handed on."""
        given = self._given(module, batch) if self.sampling and module.training else None
        return _nats(_logits(module, batch, given), batch.targets, self.smoothing), None

    @torch.no_grad()
    def sums(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Sums, Any]:
        """Targets, loss, targets that are right, and rows, and rows in which all are."""
        logits = _logits(module, batch)
        real = batch.targets != IGNORED
        right = torch.ones_like(real)
        right[real] = logits.argmax(-1) == batch.targets[real]
        weight = torch.tensor(self.weight(batch), dtype=torch.float64)
        counts = {"right": (right & real).sum(), "exact": right.all(1).sum(), "rows": torch.tensor(batch.size)}
        found = {name: value.cpu().double() for name, value in counts.items()}
        return {"weight": weight, "loss": total(_nats(logits, batch.targets), weight), **found}, None

    def figures(self, sums: Sums) -> dict[str, float]:
        """Loss, accuracy of the tokens, and exact rows."""
        accuracy, exact = float(sums["right"] / sums["weight"]), float(sums["exact"] / sums["rows"])
        return super().figures(sums) | {"accuracy": accuracy, "exact": exact}

    @torch.no_grad()
    def _given(self, module: nn.Module, batch: Batch) -> Tensor:
        """The tokens (B, T) that are given, some of them the model's own."""
        updates = module.get_buffer("updates")
        share = self.sampling * min(1.0, int(updates) / self.over)
        updates += 1
        own = batch.targets.clone()
        own[own != IGNORED] = _logits(module, batch).argmax(-1)
        taken = torch.rand(own.shape, device=own.device) < share
        return shifted(own.where(taken, batch.targets))


def _logits(module: nn.Module, batch: Batch, given: Tensor | None = None) -> Tensor:
    """The scores (N, V) of the real targets."""
    model: EncoderDecoder = module  # type: ignore[assignment]
    return model.logits(batch.x, batch.length, batch.targets, given)


def _nats(logits: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
    """The mean of −ln p over the real targets; 0 where there is none."""
    wanted = targets[targets != IGNORED]
    nats = functional.cross_entropy(wide(logits), wanted, reduction="sum", label_smoothing=smoothing)
    return nats / max(1, len(wanted))
