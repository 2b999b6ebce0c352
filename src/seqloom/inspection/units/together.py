"""Spans of steps where the same units are on: a span is marked, and others like it are found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import UsageError
from seqloom.inspection.units.direction import standardised

__all__ = ["Span", "Together", "on_together"]

_ON = 0.5
"""Deviations from a unit's mean from which on it is on; low units are on at as much below."""
_MOST_OF_THEM = 0.75


class Span(NamedTuple):
    """Steps from ``begin`` to before ``end``; of the units ``share`` are on throughout and off on both sides."""

    begin: int
    end: int
    share: float


@dataclass(frozen=True)
class Together:
    """The ``units`` that are on in a marked span and off before and after it, with the ``signs`` of where they are then
    (−1: below their mean), and the other ``spans`` that the same units make, the likest first."""

    units: tuple[int, ...]
    signs: tuple[int, ...]
    spans: tuple[Span, ...]


def on_together(states: NDArray[np.floating], begin: int, end: int, count: int = 10) -> Together:
    """The units of ``states`` (N, S) that are on from step ``begin`` to before ``end``, and off on both sides of it.

    Then, where else three quarters of them are on at every step of a run of steps: the ``count`` runs with the largest
    share of units that are on throughout and off on both sides, those of like length first (after LSTMVis, Strobelt et
    al., 2018). A unit is on where it is half a deviation above its mean, or as far below it. Beyond the first and the
    last step all is off. UsageError for a span that is not within the steps. Where no unit fits, nothing is found.

    >>> states = np.zeros((12, 2))
    >>> states[[2, 3, 7, 8, 9], 1] = -1
    >>> on_together(states, 2, 4)
    Together(units=(1,), signs=(-1,), spans=(Span(begin=7, end=10, share=1.0),))
    """
    if not 0 <= begin < end <= len(states):
        raise UsageError(f"A span from {begin} to {end} is not within {len(states):,} steps.")
    standing = standardised(states)
    on = np.concatenate([standing >= _ON, standing <= -_ON], 1)
    on = np.pad(on, ((1, 1), (0, 0)))
    fitting = np.flatnonzero(_makes(on, begin, end))
    if not len(fitting):
        return Together((), (), ())
    chosen = on[:, fitting]
    runs = _runs(chosen.mean(1) >= _MOST_OF_THEM)
    spans = [Span(*run, float(_makes(chosen, *run).mean())) for run in runs if run[1] <= begin or run[0] >= end]
    spans.sort(key=lambda span: (-span.share, abs(span.end - span.begin - (end - begin))))
    width = states.shape[1]
    signs = tuple(1 if k < width else -1 for k in fitting.tolist())
    return Together(tuple((fitting % width).tolist()), signs, tuple(spans[:count]))


def _makes(on: NDArray[np.bool_], begin: int, end: int) -> NDArray[np.bool_]:
    """Which columns are on from ``begin`` to ``end`` and off on both sides; rows begin one step earlier."""
    found: NDArray[np.bool_] = on[begin + 1 : end + 1].all(0) & ~on[begin] & ~on[end + 1]
    return found


def _runs(rows: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Where ``rows`` are true without a break; they begin one step earlier, and both ends are false."""
    edges = np.flatnonzero(np.diff(rows.astype(np.int8))).reshape(-1, 2)
    yield from map(tuple, edges.tolist())
