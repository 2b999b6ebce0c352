"""Trainings with a planted fault, and healthy ones, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from problems import Problem, last_step, latest, majority, nothing, order, pair, recall
from torch import nn

__all__ = ["PLANTED", "Case", "healthy"]


@dataclass(frozen=True)
class Case:
    """``problem`` is learned by ``model`` (words) from rows of ``window`` steps; ``cut`` says that the data are longer.

    Inputs are multiplied by ``scale``; weights whose name has ``grown[0]`` begin ``grown[1]`` times as large, and the
    biases of rectified layers begin ``sunk`` lower.
    """

    kind: str
    problem: Problem
    model: str
    window: int
    cut: bool = False
    learning_rate: float = 0.01
    optimiser: str = "adam"
    updates: int = 250
    scale: float = 1.0
    grown: tuple[str, float] = ("", 1.0)
    sunk: float = 0.0
    options: dict[str, object] = field(default_factory=dict)

    def spoil(self, model: nn.Module) -> None:
        """Make the weights begin as the case says."""
        name, factor = self.grown
        with torch.no_grad():
            for path, weight in model.named_parameters():
                if name and name in path and path.startswith("reader"):
                    weight.mul_(factor)
            for part in model.modules():
                rectified = str(getattr(getattr(part, "cell", part), "activation", "")).endswith("relu")
                if rectified:
                    for path, weight in part.named_parameters():
                        if path.endswith("bias"):
                            weight.sub_(self.sunk)


def _vanishing(rng: np.random.Generator) -> Case:
    lag = int(rng.integers(50, 90))
    cells = ("elman({h})", "elman({h}, recurrent=glorot)", "gru({h})", "lstm({h}, forget_bias=0)", "lstm({h})")
    return Case("vanishing", recall(lag), _of(rng, cells), lag + int(rng.integers(5, 15)))


def _exploding(rng: np.random.Generator) -> Case:
    steps = int(rng.integers(24, 60))
    problem = order if rng.random() < 0.5 else recall(steps // 2)
    grown = ("weight_1", float(rng.uniform(1.8, 3.0)))
    return Case("exploding", problem, _of(rng, ("elman({h})",)), steps, grown=grown)


def _saturated(rng: np.random.Generator) -> Case:
    lag = int(rng.integers(4, 10))
    model = _of(rng, ("lstm({h})", "gru({h})", "mgu({h})", "coupled({h})"))
    if rng.random() < 0.5:
        return Case("saturated", recall(lag), model, 2 * lag, scale=float(10 ** rng.uniform(1.7, 2.3)))
    return Case("saturated", recall(lag), model, 2 * lag, grown=("weight_0", float(10 ** rng.uniform(1.7, 2.3))))


def _dead(rng: np.random.Generator) -> Case:
    lag = int(rng.integers(4, 8))
    model = _of(rng, ("elman({h}, activation=relu)", "indrnn({h})", "conv({h}) + gru({h})", "conv({h}) + lstm({h})"))
    return Case("dead", recall(lag), model, 2 * lag, sunk=float(rng.uniform(2.0, 5.0)))


def _short_window(rng: np.random.Generator) -> Case:
    window = int(rng.integers(6, 12))
    chance = float(rng.uniform(0.4, 0.8)) / window
    model = _of(rng, ("gru({h})", "lstm({h})", "lngru({h})", "mgu({h})"))
    return Case("too short a window", latest(chance), model, window, cut=True, updates=300)


def _high_rate(rng: np.random.Generator) -> Case:
    lag, model = int(rng.integers(3, 8)), _of(rng, ("gru({h})", "lstm({h})", "elman({h})", "mgu({h})"))
    if rng.random() < 0.3:
        rate, optimiser = float(10 ** rng.uniform(1.0, 1.6)), "sgd"
    else:
        rate, optimiser = float(10 ** rng.uniform(-0.5, 0.3)), "adam"
    return Case("learning rate too high", recall(lag), model, 2 * lag, learning_rate=rate, optimiser=optimiser)


def _no_order(rng: np.random.Generator) -> Case:
    problem = (majority, last_step(float(rng.uniform(0.2, 0.6))), nothing)[rng.integers(3)]
    model = _of(rng, ("gru({h}, chrono=20)", "lstm({h})", "lngru({h})"))
    return Case("data without order", problem, model, int(rng.integers(12, 24)))


def healthy(seed: int) -> Case:
    """A case of which nothing is wrong."""
    rng = np.random.default_rng((seed, 8))
    if rng.random() < 0.5:
        cells = (
            "gru({h})",
            "mgu({h})",
            "coupled({h})",
            "lngru({h})",
            "lnlstm({h})",
            "2*gru({h})",
            "conv({h}) + gru({h})",
        )
        steps, chance = int(rng.integers(20, 36)), float(rng.uniform(0.22, 0.35))
        return Case("healthy", latest(chance), _of(rng, cells), steps, cut=True, updates=300)
    cells = ("gru({h})", "lstm({h})", "mgu({h})", "peephole({h})", "lngru({h})", "ligru({h})", "attention({h})")
    if rng.random() < 0.3:
        words = (*cells, "elman({h})", "mingru({h})", "elman({h}, activation=relu)", "rg-lru({h})", "conv({h})")
        return Case("healthy", pair, _of(rng, words), int(rng.integers(4, 12)), updates=300)
    steps = int(rng.integers(9, 28))
    return Case("healthy", order if rng.random() < 0.5 else recall(steps // 2), _of(rng, cells), steps, updates=300)


def _of(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[rng.integers(len(words))].format(h=int(rng.integers(4, 8)) * 4)


def _from(draw: Callable[[np.random.Generator], Case], number: int) -> Callable[[int], Case]:
    return lambda seed: draw(np.random.default_rng((seed, number)))


_FAULTS = (_vanishing, _exploding, _saturated, _dead, _short_window, _high_rate, _no_order)
PLANTED = (*(_from(draw, number) for number, draw in enumerate(_FAULTS)), healthy)
"""Of each kind, what makes a case of a seed."""
