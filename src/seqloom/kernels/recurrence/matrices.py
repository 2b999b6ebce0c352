"""The gradients of all matrices, by as few products over all tokens as possible."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.kernels.plan import Place, Plan, Slot
from seqloom.kernels.recurrence.engine import Engine
from seqloom.kernels.recurrence.workspace import Layout, Workspace

__all__ = ["matrix_gradients"]

X = Slot("x", 0, Place.TOKEN)


class _Wanted(NamedTuple):
    matrix: str
    gradient: Slot
    operand: Slot
    blocks: int


def matrix_gradients(plan: Plan, engine: Engine, workspace: Workspace, layout: Layout, x: Tensor) -> dict[str, Tensor]:
    """Σ over tokens of gradient ⊗ operand, for every matrix; maps side by side that read the same share a product."""
    wanted = [
        _Wanted(name, Slot(f"gradient.{stream.name}", stream.width, Place.TOKEN), X, 1)
        for stream in plan.streams
        for name in stream.matrices[:1]
    ]
    wanted += [_Wanted(*outer) for outer in plan.outers]
    found: dict[str, Tensor] = {}
    order = {slot.name: place for place, slot in enumerate(layout.slots)}
    numbered = [(order[each.gradient.name] - k, each) for k, each in enumerate(wanted)]
    for (_, operand, blocks), pairs in groupby(numbered, lambda pair: (pair[0], pair[1].operand, pair[1].blocks)):
        group = [each for _, each in pairs]
        columns = slice(None) if operand == X else plan.of_x.get(operand)
        rows = workspace.tokens(operand) if columns is None else x[:, columns]
        if blocks == 1:
            found |= _side_by_side(engine, workspace, layout, group, rows)
        else:
            found |= {each.matrix: _block_by_block(engine, workspace, each, rows) for each in group}
    for stream in plan.streams:
        found |= dict.fromkeys(stream.matrices[1:], found[stream.matrices[0]])
    return found


def _side_by_side(
    engine: Engine, workspace: Workspace, layout: Layout, group: list[_Wanted], rows: Tensor
) -> dict[str, Tensor]:
    product = engine.outer(workspace.matrix(each.gradient.name for each in group), rows)
    first = layout.columns[group[0].gradient.name]
    starts = [layout.columns[each.gradient.name] - first for each in group]
    return {
        each.matrix: product[start : start + each.gradient.width] for each, start in zip(group, starts, strict=True)
    }


def _block_by_block(engine: Engine, workspace: Workspace, each: _Wanted, rows: Tensor) -> Tensor:
    gradient = workspace.tokens(each.gradient)
    parts = zip(gradient.chunk(each.blocks, -1), rows.chunk(each.blocks, -1), strict=True)
    return torch.stack([engine.outer(*part) for part in parts])
