"""Boxes that read one another in rows, from the bottom up, so that arrows cross little and run straight.

The layered drawing of Sugiyama, Tagawa & Toda (1981): rows, order within a row, places. An arrow that passes a row has
a lane there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Layout", "laid_out"]

_LANE, _GAP = 8.0, 14.0
_SWEEPS = 8


@dataclass
class _Item:
    """A box, or the lane of an arrow, in a row."""

    width: float
    below: list[_Item] = field(default_factory=list)
    above: list[_Item] = field(default_factory=list)
    middle: float = 0.0
    is_lane: bool = False


@dataclass(frozen=True)
class Layout:
    """The row of each box counted from below, the middle of each, and the lanes (middle, row) of each arrow by its
    ends, from below."""

    rows: Sequence[int]
    middles: Sequence[float]
    lanes: dict[tuple[int, int], list[tuple[float, int]]]


def laid_out(widths: Sequence[float], reads: Sequence[Sequence[int]], last: int, widest: float) -> Layout:
    """Where boxes of these ``widths`` stand, of which each reads earlier ones; those from number ``last`` on stand in
    the top row. No row has boxes of more than ``widest`` together, where that is possible.

    >>> layout = laid_out([20, 20, 30], [[], [], [0, 1]], last=2, widest=100)
    >>> layout.rows, layout.middles[2] == (layout.middles[0] + layout.middles[1]) / 2
    ([0, 0, 1], True)
    """
    rows = _rows(widths, reads, last, widest)
    items = [_Item(width) for width in widths]
    grid: list[list[_Item]] = [[] for _ in range(max(rows) + 1)]
    for item, row in zip(items, rows, strict=True):
        grid[row].append(item)
    lanes: dict[tuple[int, int], list[tuple[_Item, int]]] = {}
    for upper, operands in enumerate(reads):
        for lower in dict.fromkeys(operands):
            lane = [_Item(_LANE, is_lane=True) for _ in range(rows[lower] + 1, rows[upper])]
            lanes[lower, upper] = list(zip(lane, range(rows[lower] + 1, rows[upper]), strict=True))
            for item, row in lanes[lower, upper]:
                grid[row].append(item)
            path = [items[lower], *lane, items[upper]]
            for one, next_one in pairwise(path):
                one.above.append(next_one)
                next_one.below.append(one)
    _order(grid)
    _place(grid)
    found = {ends: [(item.middle, row) for item, row in lane] for ends, lane in lanes.items()}
    return Layout(rows, [item.middle for item in items], found)


def _rows(widths: Sequence[float], reads: Sequence[Sequence[int]], last: int, widest: float) -> list[int]:
    rows: list[int] = []
    filled: dict[int, float] = {}
    for number, operands in enumerate(reads[:last]):
        row = 1 + max((rows[k] for k in operands), default=-1)
        while filled.get(row, 0.0) + widths[number] + _GAP > widest and row in filled:
            row += 1
        filled[row] = filled.get(row, 0.0) + widths[number] + _GAP
        rows.append(row)
    return rows + [1 + max(rows)] * (len(reads) - last)


def _order(grid: list[list[_Item]]) -> None:
    """Each item in its row after the mean place of those that it is joined to, up and down in turns."""
    _number(grid)
    for sweep in range(_SWEEPS):
        upwards = sweep % 2 == 0
        for row in grid[1:] if upwards else grid[-2::-1]:
            row.sort(key=lambda item: _mean(item.below if upwards else item.above, item.middle))
            _number([row])


def _number(rows: list[list[_Item]]) -> None:
    for row in rows:
        for place, item in enumerate(row):
            item.middle = place - (len(row) - 1) / 2


def _place(grid: list[list[_Item]]) -> None:
    """Each item as near to the middle of those that it is joined to as the others in its row allow."""
    for row in grid:
        _apart(row, [0.0] * len(row))
    for sweep in range(_SWEEPS):
        upwards = sweep % 2 == 0
        for row in grid[1:] if upwards else grid[-2::-1]:
            wanted = [_mean(item.below if upwards else item.above, item.middle) for item in row]
            _apart(row, wanted)


def _mean(items: list[_Item], default: float) -> float:
    return sum(item.middle for item in items) / len(items) if items else default


def _apart(row: list[_Item], wanted: list[float]) -> None:
    """The nearest places without overlap in this order: those that would overlap are pooled (isotonic regression)."""
    offsets, at = [], 0.0
    for before, item in zip([None, *row], row, strict=False):
        at += 0.0 if before is None else (before.width + item.width) / 2 + _GAP
        offsets.append(at)
    blocks: list[list[float]] = []  # sum of places, weight, how many
    for item, place, offset in zip(row, wanted, offsets, strict=True):
        weight = 2.0 if item.is_lane else 1.0
        blocks.append([(place - offset) * weight, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, weight, count = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + weight, blocks[-1][2] + count]
    places = [total / weight for total, weight, count in blocks for _ in range(int(count))]
    for item, place, offset in zip(row, places, offsets, strict=True):
        item.middle = place + offset
