"""How good a model of music is, beside what needs no model: how often keys sound, and how long they are held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.tasks.figures import Figures
from seqloom.tasks.measures.intervals import Difference, differences, verdict
from seqloom.tasks.music.objective import nats_of, right_keys

__all__ = ["Judged", "Rates", "figures_of_music", "simple_figures_of_music"]

_FREQUENT, _BEFORE = "key frequencies", "the step before"
_FEWEST: Final = 5
"""Pieces, of which an interval can be told."""


class Rates(NamedTuple):
    """How often each of K keys sounds, begins to where it did not, and goes on; of steps that were learned from."""

    sounds: NDArray[np.float64]
    begins: NDArray[np.float64]
    stays: NDArray[np.float64]

    @classmethod
    def learned(cls, rolls: Sequence[NDArray[np.bool_]]) -> Self:
        """From rolls (T, K); before the first step nothing sounds. Each rate is (count + 1) / (steps + 2)."""
        on = sum(roll.sum(0) for roll in rolls)
        steps = sum(map(len, rolls))
        stays = sum((roll[1:] & roll[:-1]).sum(0) for roll in rolls)
        before = sum(roll[:-1].sum(0) for roll in rolls)
        return cls((on + 1) / (steps + 2), (on - stays + 1) / (steps - before + 2), (stays + 1) / (before + 2))

    @property
    def beginning(self) -> Tensor:
        """The scores (K,) of keys that did not sound in the step before."""
        return torch.from_numpy(self.begins).logit()

    @property
    def staying(self) -> Tensor:
        """The scores (K,) of keys that did."""
        return torch.from_numpy(self.stays).logit()

    def scores(self, roll: Tensor) -> dict[str, Tensor]:
        """The scores of the keys at each step (T, K) of a roll, by what they are told from."""
        before = torch.cat([torch.zeros_like(roll[:1]), roll[:-1]])
        sounds = torch.from_numpy(self.sounds).logit().expand(roll.shape)
        return {_FREQUENT: sounds, _BEFORE: torch.where(before > 0, self.staying, self.beginning)}

    def to_json(self) -> list[list[float]]:
        return [rate.tolist() for rate in self]

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The inverse of ``to_json``."""
        return cls(*(np.array(rate) for rate in data))


class Judged(NamedTuple):
    """Of one piece: nats of each step (T,), keys that are right, and keys that sound or are said."""

    nats: NDArray[np.float64]
    right: float
    either: float

    @classmethod
    def of(cls, scores: Tensor, said: Tensor, keys: Tensor) -> Self:
        """From scores, the likeliest keys and the true ones (T, K)."""
        right, either = right_keys(said, keys)
        return cls(nats_of(scores.double(), keys).cpu().numpy(), float(right), float(either))


def figures_of_music(
    judged: Sequence[Judged], simple: Mapping[str, Sequence[Judged]], counted: str = "steps"
) -> Figures:
    """The figures of all pieces, and in words whether the model is better than what is simple."""
    steps = np.array([len(one.nats) for one in judged])
    baselines = {name: _figures(parts) for name, parts in simple.items()}
    sums = {name: np.array([one.nats.sum() for one in parts]) for name, parts in {"": judged, **simple}.items()}
    own = sums.pop("")
    found = differences(
        len(judged),
        lambda rows: float(own[rows].sum() / steps[rows].sum()),
        {name: lambda rows, one=one: float(one[rows].sum() / steps[rows].sum()) for name, one in sums.items()},  # type: ignore[misc]
    )
    note = _verdict(found, len(judged), counted.removesuffix("s"))
    return Figures(int(steps.sum()), counted, _figures(judged), baselines, "loss", notes=(note,))


def simple_figures_of_music(simple: Mapping[str, Sequence[Judged]]) -> dict[str, Mapping[str, float]]:
    """The figures of what is simple, by name."""
    return {name: _figures(parts) for name, parts in simple.items()}


def _figures(judged: Sequence[Judged]) -> dict[str, float]:
    steps = sum(len(one.nats) for one in judged)
    right, either = sum(one.right for one in judged), sum(one.either for one in judged)
    return {"loss": float(sum(one.nats.sum() for one in judged)) / steps, "accuracy": right / max(either, 1.0)}


def _verdict(found: Mapping[str, Difference], pieces: int, unit: str) -> str:
    unit = f"nats {'an' if unit[0] in 'aeiou' else 'a'} {unit}"
    if pieces >= _FEWEST:
        return f"{verdict('loss', found, higher_is_better=False)[:-1]} {unit}."
    name = min(found, key=lambda one: -found[one].value)
    return f"{pieces} pieces are too few to tell by: to {name}, loss {found[name].value:+.3f} {unit}."
