"""The memory of a scan: each row's steps lie one after the other, (B, T, width), as x itself does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from torch import Tensor

from seqloom.kernels.plan import Place, Slot
from seqloom.kernels.recurrence.packing import Steps
from seqloom.kernels.recurrence.workspace import Layout, Workspace, padded

__all__ = ["RowsByTime"]


class RowsByTime(Workspace):
    """``carried`` are rows (B, width) of the states or, backwards, of their gradients: what step hands to step."""

    def __init__(self, batch: int, time: int, unit: int, like: Tensor) -> None:
        super().__init__(Steps(np.full(time, batch), np.arange(time), batch, -1), unit, like)
        self.time = time
        self.carried: dict[str, Tensor] = {}

    def first_row(self, slot: Slot) -> int:
        return 1 if slot.name.startswith("new.") else 0

    def lay_side_by_side(self, layout: Layout, whole: Tensor) -> None:
        rows = whole.view(self.steps.batch, self.time, layout.width)
        for slot in layout.slots:
            start = layout.columns[slot.name]
            self.tensors[slot.name] = rows[..., start : start + padded(slot.width, self.unit)]

    def shape(self, slot: Slot) -> tuple[int, ...]:
        return self.steps.batch, self.first_row(slot) + self.time, padded(slot.width, self.unit)

    def add_state(self, slot: Slot, initial: Tensor) -> None:
        """The sequence of a state (B, T + 1, width), which begins with its initial rows (B, H)."""
        sequence = self.empty(*self.shape(slot))
        sequence[:, 0, : slot.width] = initial
        self.tensors[slot.name] = sequence
        self.carried[slot.name] = sequence[:, 0].clone()

    def add_handed(self, slot: Slot, arriving: Tensor) -> None:
        rows = self.empty(self.steps.batch, padded(slot.width, self.unit))
        rows[:, : slot.width] = arriving
        self.tensors[slot.name] = self.carried[slot.name] = rows

    def add_inputs(self, slots: Iterable[Slot], values: Mapping[str, Tensor]) -> None:
        by_rows = {
            slot.name: values[slot.name].view(self.steps.batch, self.time, -1)
            for slot in slots
            if slot.name in values and slot.place == Place.TOKEN and values[slot.name].ndim == 2
        }
        super().add_inputs(slots, {**values, **by_rows})

    def tokens(self, slot: Slot) -> Tensor:
        """What each step of each row has in ``slot``: (B, T, width)."""
        rows = self.tensors[slot.name]
        if slot.name.startswith("new."):
            rows = rows[:, :-1] if slot.place == Place.PREVIOUS else rows[:, 1:]
        return rows[..., : slot.width]

    def final(self, slot: Slot) -> Tensor:
        return self.tensors[slot.name][:, -1, : slot.width].clone()

    def handed(self, slot: Slot) -> Tensor:
        return self.carried[slot.name][:, : slot.width].clone()
