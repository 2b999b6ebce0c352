"""Faults planted in the readings of a made machine, found by what surprises a forecaster of it.

python reproductions/watching/run.py [--wander 0.15] [--seeds N] [--rate 0.001]

Prints a JSON line for each seed. The model learns from one stream, levels come from another one that was held out, and
faults are planted in streams of seeds that neither has seen.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqloom.data.made.machine import Fault, Planted, made_machine
from seqloom.data.made.sensors import CHANNELS
from seqloom.tasks.forecasting.forecaster import Forecaster
from seqloom.tasks.watching.watcher import Step

LEARNED, HELD_OUT, CALM, EACH, SOON = 20_000, 40_000, 5_000, 30, 20
"""Steps to learn from, to calibrate by, of a stream without faults, faults of a kind, and steps in which to ring."""
CALM_STREAMS = 8
SETTINGS = {"horizon": 1, "past": 256, "lags": 128}
WITHIN = {fault: SOON + (100 if fault is Fault.DRIFT else 0) for fault in Fault}
"""Steps from its first in which a fault is to ring: a drift within 20 after it has its size, which takes 100."""


def planted(fault: Fault, number: int) -> Planted:
    """The channel and the sign in turn, after 300 steps and more without a fault."""
    channel = 0 if fault is Fault.RHYTHM else number % len(CHANNELS)
    return Planted(fault, 300 + 7 * number, channel, 1 if number % 2 else -1)


def z_scores(held_out: np.ndarray, rate: float) -> Callable[[np.ndarray], np.ndarray]:
    """The trivial detector: the largest |x - mean| / deviation of a step, above the conformal level of what was held
    out."""
    mean, deviation = held_out.mean(0), held_out.std(0)

    def largest(values: np.ndarray) -> np.ndarray:
        return np.abs((values - mean) / deviation).max(1)

    level = np.sort(largest(held_out))[::-1][int(rate * (len(held_out) + 1)) - 1]
    return lambda values: largest(values) > level


def row(seed: int, wander: float, rate: float) -> dict[str, Any]:
    """One model: the false alarms of calm streams, and the faults that were found, beside those of the z-score."""
    learned = made_machine(LEARNED, 1000 * seed, (), wander)
    training = {"seed": seed, "device": "cpu", "epochs": 20}
    model = Forecaster(**SETTINGS, training=training).fit([learned], validation=0.5, progress=False)
    held_out = made_machine(HELD_OUT, 1000 * seed + 500, (), wander)
    watcher, trivial = model.watch(rate, calibrate=[held_out]), z_scores(held_out, rate)

    def rings(values: np.ndarray) -> list[Step]:
        watcher.reset()
        return watcher.over(values)

    streams = [made_machine(CALM, 1000 * seed + 1 + k, (), wander) for k in range(CALM_STREAMS)]
    calm = [rings(values) for values in streams]
    judged = [[step.alarm for step in steps if step.judged] for steps in calm]
    found: dict[str, Any] = {
        "levels": watcher.levels,
        "held_out_steps": watcher.steps,
        "false_alarms_per_step": float(np.mean(np.concatenate(judged))),
        "false_alarms_by": Counter(alarm.statistic for steps in calm for step in steps for alarm in step.alarms),
        "calm_steps": sum(map(len, judged)),
        "z_score_false_alarms_per_step": float(np.mean([trivial(values) for values in streams])),
        "by_chance": {within: chance(judged, within) for within in sorted({*WITHIN.values()})},
    }
    for fault in Fault:
        by, delays, plain = Counter[str](), [], 0
        for number in range(EACH):
            one = planted(fault, number)
            values = made_machine(one.at + WITHIN[fault], 1000 * seed + 100 + number, [one], wander)
            rang = [(place, step) for place, step in enumerate(rings(values)) if place >= one.at and step.alarm]
            if rang:
                delays.append(rang[0][0] - one.at)
                by.update({alarm.statistic for _, step in rang for alarm in step.alarms})
            plain += bool(trivial(values)[one.at :].any())
        found[fault.value] = {
            "found": len(delays),
            "of": EACH,
            "median_steps": float(np.median(delays)) if delays else None,
            "by": by,
            "z_score_found": plain,
        }
    return found


def chance(judged: Sequence[Sequence[bool]], within: int) -> float:
    """The share of stretches of so many calm steps in which something rings."""
    parts = [any(one[at : at + within]) for one in judged for at in range(0, len(one) - within, within)]
    return float(np.mean(parts))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--wander", type=float, default=0.15)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=0.001)
    given = parser.parse_args()
    for seed in range(1, given.seeds + 1):
        began = time.process_time()
        found = row(seed, given.wander, given.rate)
        seconds = time.process_time() - began
        print(json.dumps({"seed": seed, "wander": given.wander, **found, "cpu_seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
