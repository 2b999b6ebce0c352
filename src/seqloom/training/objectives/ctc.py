"""A sequence of tokens for each row, shorter than the row, and no word on where each of them is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.data.batch import IGNORED, Batch
from seqloom.data.edits import edit_distance
from seqloom.data.problems import Problems
from seqloom.layers.ctc_path import best_paths, frames_needed
from seqloom.training.objectives.objective import Objective, Sums, total, wide

__all__ = ["CTC", "check_frames"]


class CTC(Objective[Batch]):
    """−ln Σ_π p(π) for each row, over all paths π that spell its tokens, summed and divided by the number of tokens.

    A path says one of K tokens or a blank, id K, at each frame, with p(π) = Π_t softmax(scores_t)[π_t]; it spells its
    tokens with repeats taken for one and blanks left out. (Graves et al., 2006, "Connectionist temporal
    classification".) For modules from x (B, S, …) and its lengths to scores (B, T, K + 1), whose ``lengths_after``
    says how many frames of each row are real. ``targets`` (B, U) are padded with IGNORED. A row whose frames are too
    few for its tokens has an infinite loss: see :func:`check_frames`. Also measured: ``token_error_rate``, the edits
    between the tokens of the likeliest path and the targets, divided by the number of these. ``watched`` is this, or
    the loss, which still tells weights apart where few tokens are held out and all are right.

    >>> class Frames(nn.Module):
    ...     def forward(self, x, lengths):
    ...         return x
    ...     def lengths_after(self, lengths):
    ...         return lengths
    >>> batch = Batch({"x": torch.zeros(1, 3, 3)}, torch.tensor([[0, 1]]))  # 5 of 27 paths spell "0 1"
    >>> round(float(CTC().loss(Frames(), batch, None)[0]), 4), round(-torch.tensor(5 / 27).log().item() / 2, 4)
    (0.8432, 0.8432)
    """

    counted = "tokens"

    def __init__(self, watched: Literal["token_error_rate", "loss"] = "token_error_rate") -> None:
        self.watched = watched

    def weight(self, batch: Batch) -> int:
        """The tokens of all rows."""
        return int(batch.targets.ne(IGNORED).sum())

    def loss(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Tensor, Any]:
        """The mean nats of a token; nothing is handed on."""
        return self._loss(*_read(module, batch), batch), None

    @torch.no_grad()
    def sums(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Sums, Any]:
        """Tokens, loss, and the edits of greedy decoding."""
        scores, frames = _read(module, batch)
        weight = torch.tensor(self.weight(batch), dtype=torch.float64)
        rows = zip(batch.targets.tolist(), best_paths(scores, frames), strict=True)
        edits = sum(
            edit_distance(target[: len(target) - target.count(IGNORED)], path.tokens.tolist()) for target, path in rows
        )
        loss = total(self._loss(scores, frames, batch), weight)
        return {"weight": weight, "loss": loss, "edits": torch.tensor(edits, dtype=torch.float64)}, None

    def figures(self, sums: Sums) -> dict[str, float]:
        """Loss and token error rate."""
        return super().figures(sums) | {"token_error_rate": float(sums["edits"] / sums["weight"])}

    def _loss(self, scores: Tensor, frames: Tensor, batch: Batch) -> Tensor:
        blank = scores.shape[-1] - 1
        nats = functional.ctc_loss(
            wide(scores).log_softmax(-1).transpose(0, 1),
            batch.targets.clamp(min=0),
            frames,
            batch.targets.ne(IGNORED).sum(1),
            blank,
            reduction="none",
        )
        return nats.sum() / max(self.weight(batch), 1)


def check_frames(targets: Sequence[Tensor], frames: Sequence[int], source: str, place: Callable[[int], str]) -> None:
    """Raise DataError, naming the ``place`` of each, for targets (U,) that are longer than their frames allow.

    Each token takes a frame, and a blank must stand between two that are the same.

    >>> check_frames([torch.tensor([4, 4])], [2], "digits", "row {}".format)
    Traceback (most recent call last):
    ...
    seqloom.errors.DataError: digits, row 0: expected at least 3 frames for its 2 tokens, got 2. Leave it out, ...
    """
    problems = Problems(source)
    for row, (tokens, count) in enumerate(zip(targets, frames, strict=True)):
        if (needed := frames_needed(tokens)) > count:
            problems.add(
                place(row),
                f"expected at least {needed:,} frames for its {len(tokens):,} tokens, got {count:,}. Leave it out, or "
                "let the layers skip fewer frames.",
            )
    problems.refuse()


def _read(module: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    """The scores (B, T, K + 1), and how many frames of each row are real (B,)."""
    scores: Tensor = module(batch.x, batch.length)
    frames: Tensor | None = module.lengths_after(batch.length)  # type: ignore[operator]
    return scores, torch.full((batch.size,), scores.shape[1]) if frames is None else frames.cpu()
