"""A benchmark: peers that compute the same thing, compared first, and only then timed, in turns.

The clock of a processor drifts, so figures are compared only within one run: every round times every peer once, in an
order that rotates, and the medians over the rounds are what counts. Yardsticks (the peak of the processor or of the
memory) are timed in the same rounds.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

__all__ = ["Case", "Clock", "Mismatch", "Peer", "Results", "Timing", "Yardstick", "compare", "measure"]

Results = Mapping[str, Any]
Clock = Callable[[], float]
"""``time.perf_counter``, or ``time.process_time`` for what runs on one thread, on a machine with other work."""
SHORTEST_SAMPLE = 1e-3
FEWEST_ROUNDS, MOST_ROUNDS = 5, 101


@dataclass(frozen=True)
class Peer:
    """One way to compute a case: ``run()`` does the work, ``read`` names the arrays in what it returned.

    ``goal``: how many times as fast as this peer the first peer of the case is to be.
    """

    name: str
    run: Callable[[], Any]
    read: Callable[[Any], Results]
    goal: float | None = None


@dataclass(frozen=True)
class Yardstick:
    """The best rate that this machine reaches: ``run()`` does ``work`` units ("FLOP" or "B")."""

    name: str
    unit: str
    work: float
    run: Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """Peers that compute the same thing at one size; the others are set against the first.

    ``work`` is what one call has to do, in units of ``yardstick``, and ``share_goal`` the share of its rate that the
    first peer is to reach. A run makes ``calls`` calls; times are those of one call. Results may differ by
    ``tolerance``, relative to the largest entry of each array.
    """

    name: str
    sizes: Mapping[str, int]
    peers: tuple[Peer, ...]
    work: float = 0.0
    yardstick: Yardstick | None = None
    share_goal: float | None = None
    calls: int = 1
    tolerance: float = 1e-4

    def __str__(self) -> str:
        return " ".join([self.name, *(f"{axis}{size}" for axis, size in self.sizes.items())])


class Mismatch(Exception):
    """Two peers computed different things, so their times say nothing."""


@dataclass
class Timing:
    """The seconds of every call by peer, one sample a round, and the yardstick's in the same rounds."""

    case: Case
    differences: Mapping[str, float]
    samples: Mapping[str, Sequence[float]]
    yardstick_samples: Sequence[float]
    facts: dict[str, float | str] = field(default_factory=dict)

    def median(self, peer: str) -> float:
        """The median time of one call in seconds."""
        return statistics.median(self.samples[peer])

    def quartiles(self, peer: str) -> tuple[float, float]:
        """A quarter of the samples lie below the first, a quarter above the second."""
        low, _, high = statistics.quantiles(self.samples[peer], n=4)
        return low, high

    @property
    def own(self) -> float:
        """The median of the first peer."""
        return self.median(self.case.peers[0].name)

    def ratio(self, peer: str) -> float:
        """The time of ``peer`` over that of the first peer."""
        return self.median(peer) / self.own

    @property
    def best_rate(self) -> float | None:
        """The yardstick's units per second."""
        yardstick = self.case.yardstick
        return yardstick.work / statistics.median(self.yardstick_samples) if yardstick else None

    def share(self, peer: str) -> float | None:
        """The rate of ``peer`` over that of the yardstick."""
        best = self.best_rate
        return self.case.work / self.median(peer) / best if best else None


def compare(case: Case) -> dict[str, float]:
    """How far each peer's results are from the first peer's, at most; raises Mismatch beyond the tolerance."""
    wanted: dict[str, torch.Tensor] = {}
    largest: dict[str, float] = {}
    for peer in case.peers:
        results = {name: _numbers(array) for name, array in peer.read(peer.run()).items()}
        if not wanted:
            wanted = results
        if results.keys() != wanted.keys():
            raise Mismatch(f"{case}: {peer.name} gives {sorted(results)}, expected {sorted(wanted)}")
        errors = {name: _difference(results[name], wanted[name]) for name in wanted}
        worst = max(errors, key=errors.__getitem__, default="")
        if worst and not errors[worst] <= case.tolerance:
            raise Mismatch(
                f"{case}: {worst} of {peer.name} differs from that of {case.peers[0].name} by {errors[worst]:.1e} of "
                f"its largest entry; {case.tolerance:.0e} is allowed. Nothing is timed."
            )
        largest[peer.name] = errors.get(worst, 0.0)
    return largest


def _numbers(array: Any) -> torch.Tensor:
    tensor = array.detach() if isinstance(array, torch.Tensor) else torch.tensor(np.asarray(array))
    return tensor.double()


def _difference(got: torch.Tensor, wanted: torch.Tensor) -> float:
    """Infinite for another shape, and for results that are not finite."""
    if got.shape != wanted.shape or not bool(torch.isfinite(got).all() and torch.isfinite(wanted).all()):
        return float("inf")
    return float((got - wanted).abs().max() / wanted.abs().max().clamp(min=1e-30))


def measure(cases: Sequence[Case], seconds: float, clock: Clock = time.perf_counter) -> list[Timing]:
    """Compare the peers of each case, then time all cases in the same rounds, for about ``seconds``, by ``clock``."""
    differences = [compare(case) for case in cases]
    peers = [peer.run for case in cases for peer in case.peers]
    runs = list(dict.fromkeys([*peers, *(case.yardstick.run for case in cases if case.yardstick)]))
    samples = dict(zip(runs, _in_turns(runs, seconds, clock), strict=True))
    return [
        Timing(
            case,
            difference,
            {peer.name: [second / case.calls for second in samples[peer.run]] for peer in case.peers},
            samples[case.yardstick.run] if case.yardstick else (),
        )
        for case, difference in zip(cases, differences, strict=True)
    ]


def _in_turns(runs: Sequence[Callable[[], Any]], seconds: float, clock: Clock) -> list[list[float]]:
    once = [min(_sample(run, 1, clock), _sample(run, 1, clock)) for run in runs]
    repeats = [max(1, round(SHORTEST_SAMPLE / duration)) for duration in once]
    round_length = sum(count * duration for count, duration in zip(repeats, once, strict=True))
    rounds = min(max(int(seconds / round_length), FEWEST_ROUNDS), MOST_ROUNDS)
    samples: list[list[float]] = [[] for _ in runs]
    gc.collect()
    gc.disable()
    try:
        for turn in range(rounds):
            for k in range(len(runs)):
                k = (k + turn) % len(runs)
                samples[k].append(_sample(runs[k], repeats[k], clock))
    finally:
        gc.enable()
    return samples


def _sample(run: Callable[[], Any], repeats: int, clock: Clock) -> float:
    """The seconds of one run, over ``repeats`` runs."""
    begin = clock()
    for _ in range(repeats):
        run()
    return (clock() - begin) / repeats
