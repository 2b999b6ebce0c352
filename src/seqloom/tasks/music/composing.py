"""Music drawn step by step, each row from a random stream of its own, and never stuck."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from seqloom.decoding.sampling import draw
from seqloom.kernels.random_bits import TOKENS, row_seeds, uniform
from seqloom.models.piano_keys import KeysHead
from seqloom.tasks.music.network import MusicNetwork

__all__ = ["Bounds", "among_others", "bounds_in", "compose"]

_RARE: Final = 0.001
_FEW: Final = 0.005
_TRIES: Final = 16


class Bounds(NamedTuple):
    """How many steps a ``chord`` (or silence) and a ``note`` may last; the ``fewest`` and ``most`` keys of a step."""

    chord: int
    note: int
    fewest: int
    most: int


def bounds_in(rolls: Sequence[NDArray[np.bool_]]) -> Bounds:
    """Bounds beyond which one in a thousand chords and notes of some rolls (T, K) is, and one in two hundred steps on
    either side.

    >>> roll = np.array([[1, 0], [1, 1], [1, 1], [1, 0]], bool)
    >>> bounds_in([roll])
    Bounds(chord=2, note=4, fewest=1, most=2)
    """
    chords, notes = [np.ones(1, np.int64)], [np.ones(1, np.int64)]
    for roll in rolls:
        changes = np.flatnonzero((roll[1:] != roll[:-1]).any(1)) + 1
        chords.append(np.diff(np.concatenate([[0], changes, [len(roll)]])))
        places = np.diff(roll.T, axis=1, prepend=False, append=False).nonzero()[1]
        notes.append(places[1::2] - places[::2])
    counts = np.concatenate([roll.sum(1) for roll in rolls])
    chord, note = (int(np.quantile(np.concatenate(one), 1 - _RARE, method="higher")) for one in (chords, notes))
    fewest, most = np.quantile(counts, [_FEW, 1 - _FEW], method="nearest").tolist()
    return Bounds(chord, note, fewest, most)


@torch.no_grad()
def compose(
    network: MusicNetwork,
    start: Tensor,
    steps: int,
    seeds: Sequence[int],
    temperature: float,
    bounds: Bounds,
    label: Tensor | None = None,
) -> Tensor:
    """A row (T + steps, K) for each of the seeds, (B, T + steps, K): the ``start`` (T, K), and what is drawn after it,
    of a piece with a ``label`` (L,).

    What a row draws is a function of its seed. Temperature 0 takes the likelier for each key. A note that has lasted
    as long as any may is not drawn again; a chord, or silence, that has is drawn among all others: p(k | k ≠ chord).
    Steps with too few or too many keys are drawn again, up to 16 times.
    """
    network.eval()
    rows, keys = len(seeds), start.shape[-1]
    y, state = network.begin(rows, label)
    held = _Held.nothing(rows, keys)
    found = []
    for step in start:
        found.append(step.expand(rows, -1))
        held = held.after(found[-1].cpu())
        y, state = network.step(found[-1], state)
    draws = _Draws(seeds, keys, temperature)
    for step in range(steps):
        drawn, left = y.new_zeros(rows, keys), torch.arange(rows)
        for attempt in range(_TRIES if temperature else 1):
            levels = draws.levels(step, attempt)[left].to(y.device)
            drawn[left] = _drawn(network.head, y[left], levels, temperature, held.rows(left), bounds)
            count = drawn[left].sum(-1).cpu()
            left = left[(count < bounds.fewest) | (count > bounds.most)]
            if not len(left):
                break
        found.append(drawn)
        held = held.after(drawn.cpu())
        y, state = network.step(drawn, state)
    return torch.stack(found, 1)


def among_others(head: KeysHead, y: Tensor, chord: Tensor, levels: Tensor, temperature: float) -> Tensor:
    """A draw from p(k | k ≠ chord): features (B, H), the chord (B, K) and numbers of U(0, 1) (B, K + 1) → (B, K).

    The lowest key i that differs is drawn first, p(i) ∝ p(k_i ≠ chord_i) Π_{j<i} p(k_j = chord_j); what is above it is
    free.
    """
    scale = temperature or 1.0
    scores = head(y, chord).double() / scale * (2 * chord - 1)
    same, other = functional.logsigmoid(scores), functional.logsigmoid(-scores)
    first = other + same.cumsum(-1) - same
    at = draw(first, levels[:, 0].cpu()).to(y.device) if temperature else first.argmax(-1)
    places = torch.arange(chord.shape[-1], device=y.device)
    fixed = torch.where(places < at[:, None], chord, torch.nan)
    fixed = torch.where(places == at[:, None], 1 - chord, fixed)
    return head.draw(y, levels[:, 1:], fixed, scale)


class _Draws:
    """Numbers of U(0, 1) for each row, a function of its seed, the step and the attempt."""

    def __init__(self, seeds: Sequence[int], keys: int, temperature: float) -> None:
        self._streams, self._numbers = row_seeds(seeds)[:, None], torch.arange(2 * keys + 1)
        self._likeliest = not temperature

    def levels(self, step: int, attempt: int) -> Tensor:
        """(B, 2 K + 1); 0.5 where the likelier is taken."""
        first = (step * _TRIES + attempt) * len(self._numbers)
        found = uniform(TOKENS, self._streams, first + self._numbers)
        return torch.full_like(found, 0.5) if self._likeliest else found


class _Held(NamedTuple):
    """The last chord (B, K), and how many steps it (B,) and each of its keys (B, K) have lasted."""

    last: Tensor
    chord: Tensor
    notes: Tensor

    @classmethod
    def nothing(cls, rows: int, keys: int) -> Self:
        """Before the first step."""
        none = torch.zeros(rows, keys, dtype=torch.int64)
        return cls(torch.full((rows, keys), torch.nan), none[:, 0], none)

    def rows(self, rows: Tensor) -> Self:
        return type(self)(*(part[rows] for part in self))

    def after(self, keys: Tensor) -> Self:
        """Once these keys have come."""
        same = (keys == self.last).all(-1)
        return type(self)(keys, torch.where(same, self.chord, 0) + 1, torch.where(keys > 0, self.notes + 1, 0))


def _drawn(head: KeysHead, y: Tensor, levels: Tensor, temperature: float, held: _Held, bounds: Bounds) -> Tensor:
    keys, last = held.notes.shape[1], held.last.to(y)
    tired = (held.notes >= bounds.note).to(y.device)
    found = head.draw(y, levels[:, :keys], torch.where(tired, y.new_zeros(()), torch.nan), temperature or 1.0)
    stuck = (held.chord >= bounds.chord).to(y.device) & (found == last).all(-1)
    if bool(stuck.any()):
        found[stuck] = among_others(head, y[stuck], last[stuck], levels[stuck, keys:], temperature)
    return found
