"""A probe as a problem: its examples as batches, its answers as an objective."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.probes import Examples, Measures, Probe
from seqloom.training.objectives import Objective, Sums

__all__ = ["Fresh", "ProbeObjective", "in_rows", "kept_aside", "measures_of"]

# The second number of a seed, so that what is learned from and what is judged on never meet.
_LEARN, _JUDGE = 0, 1
_ROWS = 64
_PARTS = ("", "longer_")


class Fresh:
    """New examples for every step of a run: batch i is drawn by (seed, i). ``read`` counts them."""

    def __init__(self, probe: Probe, rows: int, steps: int, seed: int) -> None:
        self._probe, self._rows, self._steps, self._seed = probe, rows, steps, seed
        self.read = 0

    def __len__(self) -> int:
        return self._steps

    def epoch(self, number: int) -> Fresh:
        """There is but one."""
        return self

    def __getitem__(self, index: int) -> Batch:
        self.read = index + 1
        return _batch(self._probe.draw(self._rows, (self._seed, _LEARN, index)))


def kept_aside(probe: Probe, count: int, seed: int) -> Sequence[Batch]:
    """``count`` examples that are never learned from, and as many longer ones where the probe asks for them."""
    found: list[Batch] = []
    for number, one in enumerate((probe, probe.longer())):
        if one is not None:
            found += in_rows(one.draw(count, (seed, _JUDGE)), number)
    return found


def in_rows(examples: Examples, number: int = 0) -> list[Batch]:
    """Examples in batches of 64; ``number`` 1 marks the longer ones."""
    return [_batch(examples.rows(begin, begin + _ROWS), number) for begin in range(0, len(examples.inputs), _ROWS)]


def _batch(examples: Examples, number: int = 0) -> Batch:
    inputs = {"x": examples.inputs, "scored": examples.scored, "part": torch.full((len(examples.inputs),), number)}
    if examples.allowed is not None:
        inputs["allowed"] = examples.allowed
    return Batch(inputs, examples.targets, {} if examples.lengths is None else {"x": examples.lengths})


class ProbeObjective(Objective[Batch]):
    """The answer of a probe at every scored step; also ``accuracy``, and ``whole``, the share of rows all right.

    Measured on the longer examples too, where there are some (``longer_loss`` and so on). A run ends when the probe is
    solved, by the criterion of the literature, unless it is to go on ``to_the_end``.
    """

    counted = "steps"

    def __init__(self, probe: Probe, to_the_end: bool = False) -> None:
        self.probe = probe
        self.unit = probe.answer.unit
        self._to_the_end = to_the_end

    def weight(self, batch: Batch) -> int:
        """The scored steps."""
        return int(batch.inputs["scored"].sum())

    def loss(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Tensor, Any]:
        """The mean over the scored steps; nothing is handed on."""
        scored = batch.inputs["scored"]
        return self.probe.answer.loss(module(batch.x, scored, batch.length), batch.targets[scored]), None

    @torch.no_grad()
    def sums(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Sums, Any]:
        """Scored steps, loss, right steps, rows, rows without a mistake: of the examples, and of the longer ones."""
        scored = batch.inputs["scored"]
        predictions, targets = module(batch.x, scored, batch.length), batch.targets[scored]
        allowed = batch.inputs["allowed"][scored] if "allowed" in batch.inputs else None
        right = self.probe.answer.right(predictions, targets, allowed)
        found = {
            "weight": len(targets),
            "loss": float(self.probe.answer.loss(predictions, targets)) * len(targets),
            "right": int(right.sum()),
            "rows": batch.size,
            "whole": _whole_rows(scored, right),
        }
        here = int(batch.inputs["part"][0])
        return {
            prefix + name: torch.tensor(value if number == here else 0, dtype=torch.float64)
            for number, prefix in enumerate(_PARTS)
            for name, value in found.items()
        }, None

    def figures(self, sums: Sums) -> dict[str, float]:
        """Loss, accuracy and whole rows of the examples, and of the longer ones if there are any."""
        shares = (("loss", "loss", "weight"), ("accuracy", "right", "weight"), ("whole", "whole", "rows"))
        return {
            prefix + name: float(sums[prefix + part] / sums[prefix + whole])
            for prefix in _PARTS
            if sums[f"{prefix}rows"]
            for name, part, whole in shares
        }

    def reached(self, figures: dict[str, float]) -> bool:
        """Whether the probe is solved."""
        return not self._to_the_end and self.probe.solved(*measures_of(figures))


def measures_of(figures: dict[str, float]) -> tuple[Measures, Measures | None]:
    """The measures on the examples, and on the longer ones if there are any."""
    first, longer = (
        Measures(*(figures[prefix + name] for name in Measures._fields)) if f"{prefix}loss" in figures else None
        for prefix in _PARTS
    )
    assert first is not None
    return first, longer


def _whole_rows(scored: Tensor, right: Tensor) -> int:
    """How many rows have every one of their scored steps right."""
    wrong = scored.clone()
    wrong[scored] = ~right
    return int((~wrong.any(1)).sum())
