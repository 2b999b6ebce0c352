"""What gradients do while a run goes on: they are clipped, and whether they live is written down at every record."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_value_, clip_grads_with_norm_, get_total_norm

from seqloom.data.batch import Batch
from seqloom.inspection.signs import signs_of
from seqloom.layers import SequenceLayer
from seqloom.training.log import Record
from seqloom.training.problem import Problem
from seqloom.training.settings import TrainingSettings
from seqloom.training.snapshot import Counters

__all__ = ["Gradients", "gradient_record", "parts_of"]

_ROWS = 8


class Gradients:
    """The gradients of a module's ``trainable`` weights, from the backward pass to the update.

    ``clip`` shortens them as the settings say and counts. Where ``watch_gradients`` is set, every record of a step that
    is a multiple of ``log_every`` also has, for each part of the module, the norm of its gradient before clipping and
    the norm of its update as a share of the norm of its weights; and, from one more forward pass over eight rows, the
    saturated share of each gate and the dead one of each layer. Nothing random is drawn.
    """

    def __init__(self, problem: Problem, trainable: Sequence[nn.Parameter], settings: TrainingSettings) -> None:
        self._module, self._objective = problem.module, problem.objective
        self._trainable, self._settings = trainable, settings
        self._parts = parts_of(problem.module) if settings.watch_gradients else {}
        self._before: list[Tensor] = []

    def clip(self, counters: Counters) -> bool:
        """Shorten what is too long; whether the gradient was finite."""
        gradients = [weight.grad for weight in self._trainable if weight.grad is not None]
        norm = get_total_norm(gradients)
        size = norm.item()
        if not math.isfinite(size):
            return False
        self._watch(counters)
        longest, largest = self._settings.clip_norm, self._settings.clip_value
        clipped = longest is not None and size > longest
        if largest is not None:
            clipped |= get_total_norm(gradients, math.inf).item() > largest
            clip_grad_value_(self._trainable, largest)
            norm = get_total_norm(gradients)
        if longest is not None:
            clip_grads_with_norm_(self._trainable, longest, norm)
        counters.gradient_sum += size
        counters.clipped += clipped
        return True

    def updated(self, counters: Counters, window: Batch) -> None:
        """Take note of what the update did, and what a ``window`` of it now meets, where it is watched."""
        if not self._before:
            return
        before = iter(self._before)
        for name, weights in self._parts.items():
            old = [next(before) for _ in weights]
            moved = get_total_norm([weight.detach() - was for weight, was in zip(weights, old, strict=True)])
            counters.update_shares[name] = (moved / get_total_norm(old).clamp_min(1e-30)).item()
        self._before = []
        if window.size:
            self._look(counters, window.rows(0, _ROWS)._replace(fresh=None))

    def _look(self, counters: Counters, rows: Batch) -> None:
        rows = rows.to(self._trainable[0].device)
        with torch.random.fork_rng(devices=[]):
            signs = signs_of(self._module, lambda: self._objective.loss(self._module, rows, None))
        counters.saturated_gates, counters.dead_units = dict(signs.saturated), dict(signs.dead)

    def _watch(self, counters: Counters) -> None:
        if not self._parts or (counters.step + 1) % self._settings.log_every:
            return
        for name, weights in self._parts.items():
            counters.gradient_norms[name] = get_total_norm([w.grad for w in weights if w.grad is not None]).item()
        self._before = [weight.detach().clone() for weights in self._parts.values() for weight in weights]


def gradient_record(counters: Counters) -> Record:
    """What is to be said of the gradients since the last record."""
    steps = max(counters.step - counters.recorded_step, 1)
    found: Record = {"gradient_norm": counters.gradient_sum / steps, "clipped": counters.clipped / steps}
    if counters.gradient_norms:
        found |= {"gradient_norms": counters.gradient_norms, "update_shares": counters.update_shares}
        found |= {"saturated_gates": counters.saturated_gates, "dead_units": counters.dead_units}
    return found


def parts_of(module: nn.Module) -> dict[str, list[nn.Parameter]]:
    """The weights that learn, by the innermost layer that they belong to, or else by the module that holds them.

    >>> from seqloom.layers import parse_spec
    >>> {name: len(weights) for name, weights in parts_of(parse_spec("2*lstm(4)").build(3)).items()}
    {'layers.0': 12, 'layers.1': 12}
    """
    layers = {name for name, part in module.named_modules() if name and isinstance(part, SequenceLayer)}
    parts: dict[str, list[nn.Parameter]] = {}
    for name, weight in module.named_parameters():
        if weight.requires_grad:
            holders = name.split(".")[:-1]
            above = (".".join(holders[:count]) for count in range(len(holders), 0, -1))
            parts.setdefault(next((path for path in above if path in layers), ".".join(holders) or name), []).append(
                weight
            )
    return parts
