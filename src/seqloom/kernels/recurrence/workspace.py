"""The memory of a run: one tensor for each slot of its programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from seqloom.kernels.large_results import fresh
from seqloom.kernels.plan import Place, Slot
from seqloom.kernels.recurrence.packing import Steps

__all__ = ["Layout", "Workspace", "padded"]

MOST_FOR_PADDING = 1.25
"""How many times larger than its numbers the memory of a result may be."""


def padded(width: int, unit: int) -> int:
    """``width`` rounded up to a multiple of ``unit``."""
    return -(-width // unit) * unit


class Layout:
    """Columns of several slots side by side in one matrix, each starting at a multiple of ``unit``."""

    def __init__(self, slots: Iterable[Slot], unit: int) -> None:
        self.slots = tuple(slots)
        self.columns: dict[str, int] = {}
        self.width = 0
        for slot in self.slots:
            self.columns[slot.name] = self.width
            self.width += padded(slot.width, unit)


class Workspace:
    """Tensors (rows, padded width) by slot name; each is allocated for one run and never shared between runs."""

    def __init__(self, steps: Steps, unit: int, like: Tensor) -> None:
        self.steps = steps
        self.unit = unit
        self.like = like
        self.tensors: dict[str, Tensor] = {}

    def add_side_by_side(self, layout: Layout) -> Tensor:
        """One matrix (N, width) for all slots of ``layout``."""
        whole = self.empty(self.steps.tokens, layout.width)
        self.lay_side_by_side(layout, whole)
        return whole

    def lay_side_by_side(self, layout: Layout, whole: Tensor) -> None:
        """Let the slots of ``layout`` be columns of ``whole`` (N, width)."""
        for slot in layout.slots:
            start = layout.columns[slot.name]
            self.tensors[slot.name] = whole[:, start : start + padded(slot.width, self.unit)]

    def add_missing(self, slots: Iterable[Slot], parts: int) -> None:
        """Memory for the slots that have none yet."""
        for slot in slots:
            if slot.name not in self.tensors:
                self.tensors[slot.name] = self._memory(slot, parts)

    def _memory(self, slot: Slot, parts: int) -> Tensor:
        width = padded(slot.width, self.unit)
        match slot.place:
            case Place.TOKEN:
                return self.empty(*self.shape(slot))
            case Place.ROW:
                return self.empty(self.steps.batch, width)
            case Place.PARTIAL:
                return self.like.new_zeros(parts, width)
            case _:
                raise AssertionError(f"{slot} has no memory of its own")

    def shape(self, slot: Slot) -> tuple[int, ...]:
        """The shape of a slot with a row for each token: (N, width), or with the initial rows (B + N, width)."""
        return self.first_row(slot) + self.steps.tokens, padded(slot.width, self.unit)

    def add_state(self, slot: Slot, initial: Tensor) -> None:
        """The sequence of a state (B + N, width), which begins with its initial rows (B, H)."""
        sequence = self.empty(*self.shape(slot))
        sequence[: self.steps.batch, : slot.width] = initial
        self.tensors[slot.name] = sequence

    def add_handed(self, slot: Slot, arriving: Tensor) -> None:
        """Two halves (2 B, width), taken in turn by the steps, that both begin with the rows ``arriving`` (B, H)."""
        halves = self.empty(2 * self.steps.batch, padded(slot.width, self.unit))
        halves.view(2, self.steps.batch, -1)[:, :, : slot.width] = arriving
        self.tensors[slot.name] = halves

    def empty(self, *shape: int) -> Tensor:
        """Fresh memory."""
        return fresh(*shape, like=self.like)

    def add_inputs(self, slots: Iterable[Slot], values: Mapping[str, Tensor]) -> None:
        """The memory of every slot that ``values`` name: their rows, copied only where padding asks for it."""
        for slot in slots:
            if slot.name in values and slot.name not in self.tensors:
                value = values[slot.name].detach()
                self.tensors[slot.name] = self._padded(value[None] if value.ndim == 1 else value, slot.width)

    def _padded(self, rows: Tensor, width: int) -> Tensor:
        if width % self.unit == 0 and rows.stride(-1) == 1 and rows.dtype == self.like.dtype:
            return rows
        copy = fresh(*rows.shape[:-1], padded(width, self.unit), like=self.like)
        copy[..., :width] = rows
        return copy

    def first_row(self, slot: Slot) -> int:
        """The row of ``slot``'s tensor that holds token 0."""
        return self.steps.batch if slot.name.startswith("new.") else 0

    def tokens(self, slot: Slot) -> Tensor:
        """What each token has in ``slot``: (N, width)."""
        rows = self.tensors[slot.name]
        if slot.place == Place.SHARED:
            return rows.expand(self.steps.tokens, -1)[:, : slot.width]
        if slot.place == Place.PREVIOUS:
            rows = self._previous(rows)
        elif slot.name.startswith("new."):
            rows = rows[self.steps.batch :]
        return rows[:, : slot.width]

    def owned(self, slot: Slot, is_kept: bool) -> Tensor:
        """What each token has in ``slot``, (N, width), as memory of the caller's own.

        That is a copy where the backward pass reads the slot, or where padding would make the memory much larger.
        """
        rows = self.tokens(slot)
        if is_kept or rows.untyped_storage().nbytes() > MOST_FOR_PADDING * rows.nbytes:
            return fresh(*rows.shape, like=rows).copy_(rows)
        return rows

    def _previous(self, sequence: Tensor) -> Tensor:
        steps = self.steps
        if not steps.is_ragged:
            return sequence[: steps.tokens]
        within = torch.arange(steps.tokens) - torch.from_numpy(steps.starts.repeat(steps.counts))
        places = within + torch.from_numpy(steps.previous.repeat(steps.counts)) + steps.batch
        return sequence.index_select(0, places.to(sequence.device))

    def initial(self, slot: Slot) -> Tensor:
        """The rows of a state before the first step (B, H)."""
        return self.tensors[slot.name][: self.steps.batch, : slot.width]

    def final(self, slot: Slot) -> Tensor:
        """Each row's state after its last step (B, H)."""
        steps, sequence = self.steps, self.tensors[slot.name]
        if not steps.is_ragged:
            return sequence[-steps.batch :, : slot.width].clone()
        lengths = torch.from_numpy((steps.counts[:, None] > np.arange(steps.batch)).sum(0))
        ends = torch.from_numpy(np.append(steps.previous, steps.starts[-1]))
        places = ends[lengths] + torch.arange(steps.batch) + steps.batch
        return sequence.index_select(0, places.to(sequence.device))[:, : slot.width]

    def handed(self, slot: Slot) -> Tensor:
        """What the first step handed on (B, H)."""
        half = self.tensors[slot.name][self.steps.batch :, : slot.width]
        return half.clone()

    def matrix(self, names: Iterable[str]) -> Tensor:
        """Slots that lie side by side, as one matrix (N, width)."""
        slices = [self.tensors[name] for name in names]
        first, width = slices[0], sum(part.shape[-1] for part in slices)
        return first.as_strided((self.steps.tokens, width), first.stride()[-2:], first.storage_offset())
