"""Music drawn step by step, each row from a random stream of its own, and never stuck."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from seqloom.decoding.sampling import draw
from seqloom.kernels.random_bits import TOKENS, row_seeds, uniform
from seqloom.models.piano_keys import KeysHead
from seqloom.tasks.music.network import MusicNetwork

__all__ = ["Longest", "among_others", "compose", "longest_in"]

_RARE: Final = 0.999


class Longest(NamedTuple):
    """How many steps a ``chord`` (or silence) and a ``note`` may last."""

    chord: int
    note: int


def longest_in(rolls: Sequence[NDArray[np.bool_]]) -> Longest:
    """So long that one in a thousand of those in some rolls (T, K) lasts longer.

    >>> roll = np.array([[1, 0], [1, 1], [1, 1], [0, 0]], bool)
    >>> longest_in([roll])
    Longest(chord=2, note=3)
    """
    chords, notes = [np.ones(1, np.int64)], [np.ones(1, np.int64)]
    for roll in rolls:
        changes = np.flatnonzero((roll[1:] != roll[:-1]).any(1)) + 1
        chords.append(np.diff(np.concatenate([[0], changes, [len(roll)]])))
        places = np.diff(roll.T, axis=1, prepend=False, append=False).nonzero()[1]
        notes.append(places[1::2] - places[::2])
    found = [np.quantile(np.concatenate(one), _RARE, method="higher") for one in (chords, notes)]
    return Longest(*(int(one) for one in found))


@torch.no_grad()
def compose(
    network: MusicNetwork, start: Tensor, steps: int, seeds: Sequence[int], temperature: float, longest: Longest
) -> Tensor:
    """A row (T + steps, K) for each of the seeds, (B, T + steps, K): the ``start`` (T, K), and what is drawn after it.

    What a row draws is a function of its seed. Temperature 0 takes the likelier for each key. A note that has lasted
    as long as any may is not drawn again; a chord, or silence, that has is drawn among all others: p(k | k ≠ chord).
    """
    network.eval()
    rows, keys = len(seeds), start.shape[-1]
    y, state = network.begin(rows)
    held = _Held(rows, keys)
    found = []
    for step in start:
        found.append(step.expand(rows, -1))
        y, state = _read(network, found[-1], state, held)
    streams, numbers = row_seeds(seeds)[:, None], torch.arange(2 * keys + 1)
    for step in range(steps):
        levels = uniform(TOKENS, streams, step * len(numbers) + numbers)
        levels = levels if temperature else torch.full_like(levels, 0.5)
        found.append(_drawn(network.head, y, levels.to(y.device), temperature, held, longest))
        y, state = _read(network, found[-1], state, held)
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


class _Held:
    """How many steps the last chord (B,) and each of its keys (B, K) have lasted."""

    def __init__(self, rows: int, keys: int) -> None:
        self.last = torch.full((rows, keys), torch.nan)
        self.chord = torch.zeros(rows, dtype=torch.int64)
        self.notes = torch.zeros(rows, keys, dtype=torch.int64)

    def see(self, keys: Tensor) -> None:
        same = (keys == self.last).all(-1)
        self.chord = torch.where(same, self.chord, 0) + 1
        self.notes = torch.where(keys > 0, self.notes + 1, 0)
        self.last = keys


def _read(network: MusicNetwork, keys: Tensor, state: Any, held: _Held) -> tuple[Tensor, Any]:
    held.see(keys.cpu())
    return network.step(keys, state)


def _drawn(head: KeysHead, y: Tensor, levels: Tensor, temperature: float, held: _Held, longest: Longest) -> Tensor:
    keys, last = held.notes.shape[1], held.last.to(y)
    tired = (held.notes >= longest.note).to(y.device)
    fixed = torch.where(tired, y.new_zeros(()), torch.nan)
    found = head.draw(y, levels[:, :keys], fixed, temperature or 1.0)
    stuck = (held.chord >= longest.chord).to(y.device) & (found == last).all(-1)
    if bool(stuck.any()):
        found[stuck] = among_others(head, y[stuck], last[stuck], levels[stuck, keys:], temperature)
    return found
