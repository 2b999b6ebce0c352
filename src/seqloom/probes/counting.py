"""Count on a circle: the parity of a string of bits, and sums modulo a number."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self, final

import numpy as np
import torch

from seqloom.probes.answers import Answer, ClassAnswer
from seqloom.probes.probe import Baseline, Examples, Measures, Probe

__all__ = ["ModularCounting", "Parity"]


@dataclass(frozen=True)
class Counting(Probe):
    """The sum of all moves modulo a number, asked at the last step of strings of ``shortest`` to ``length`` steps.

    What is learned on strings of up to ``length`` must hold on longer ones, up to ``longest``: solved when 90 of 100
    of those are right, the mark of Delétang et al. ("Neural networks and the Chomsky hierarchy", 2023, sec. 4), whose
    lengths, 40 and 500, are the defaults.
    """

    length: int = 40
    longest: int = 500
    shortest: int = 1

    @property
    @abstractmethod
    def moves(self) -> tuple[int, ...]:
        """What each symbol adds."""

    @property
    @abstractmethod
    def circle(self) -> int:
        """Where counting begins anew."""

    @property
    def in_features(self) -> int:
        return len(self.moves)

    @property
    def answer(self) -> Answer:
        return ClassAnswer(self.circle)

    def longer(self) -> Self | None:
        return replace(self, shortest=self.length + 1, length=self.longest) if self.longest > self.length else None

    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        return (longer or measures).accuracy >= 0.9

    def baseline(self) -> Baseline:
        # A string of n moves is spread over the circle as the n-th power of one step; lengths are equally likely.
        step = np.zeros((self.circle, self.circle))
        for move in self.moves:
            step[np.arange(self.circle), (np.arange(self.circle) + move) % self.circle] += 1 / len(self.moves)
        reached = np.linalg.matrix_power(step, self.shortest)[0]
        loss, accuracy = 0.0, 0.0
        for _ in range(self.shortest, self.length + 1):
            known = reached[reached > 0]
            loss -= float(known @ np.log(known))
            accuracy += float(reached.max())
            reached = reached @ step
        lengths = self.length + 1 - self.shortest
        return Baseline(loss / lengths, accuracy / lengths)

    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        tokens = rng.integers(len(self.moves), size=(count, self.length))
        lengths = rng.integers(self.shortest, self.length + 1, size=(count, 1))
        steps = np.arange(self.length)
        tokens[steps >= lengths] = 0
        totals = (np.array(self.moves)[tokens] * (steps < lengths)).cumsum(1) % self.circle
        parts = (tokens, totals, steps == lengths - 1, lengths[:, 0])
        return Examples(*(torch.from_numpy(part) for part in parts))

    def _problems(self) -> Iterator[str]:
        if self.shortest > self.length:
            yield f"{self.name}: expected shortest at most length, got {self.shortest} above {self.length}."


@final
@dataclass(frozen=True)
class Parity(Counting):
    """Is the number of ones in a string of bits odd?

    A regular language that needs a state which changes its sign: recurrences with state-dependent gates can hold it,
    attention and diagonal recurrences with positive factors cannot (Delétang et al., 2023; Grazzi et al., 2025).

    Baseline: ln 2 and a half.

    >>> examples = Parity(length=6).draw(1, seed=5)
    >>> int(examples.lengths), examples.inputs.tolist(), int(examples.targets[examples.scored])
    (4, [[1, 1, 0, 1, 0, 0]], 1)
    """

    name = "parity"

    @property
    def moves(self) -> tuple[int, ...]:
        return (0, 1)

    @property
    def circle(self) -> int:
        return 2


@final
@dataclass(frozen=True)
class ModularCounting(Counting):
    """Where on a circle does a walk end whose steps are 0, +1 and -1?

    The circle has ``modulus`` places (default 5). "Cycle navigation" of Delétang et al. (2023, table A.1).

    Baseline: the most likely place for the length of the string; about ln 5 and one in five.

    >>> examples = ModularCounting(length=4).draw(1, seed=1)
    >>> int(examples.lengths), examples.inputs.tolist(), int(examples.targets[examples.scored])
    (1, [[1, 0, 0, 0]], 1)
    """

    modulus: int = 5

    name = "modular-counting"

    @property
    def moves(self) -> tuple[int, ...]:
        return (0, 1, -1)

    @property
    def circle(self) -> int:
        return self.modulus
